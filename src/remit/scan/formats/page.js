"use strict";
// Filters and nothing else; without it the page shows every row.
document.body.classList.add("live");
const form = document.querySelector("form");
const rows = [...document.querySelectorAll("tr[data-maker]")];
const shown = document.getElementById("shown");
function filter() {
  const wanted = new FormData(form);
  const words = String(wanted.get("words")).toLowerCase();
  let count = 0;
  for (const row of rows) {
    const fits = ["maker", "word", "scope"].every((key) => !wanted.get(key) || row.dataset[key] === wanted.get(key));
    row.hidden = !fits || !row.textContent.toLowerCase().includes(words);
    count += row.hidden ? 0 : 1;
  }
  shown.textContent = `${count} of ${rows.length} shown`;
}
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((each) => (each.open = true)));
filter();
