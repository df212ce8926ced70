"use strict";
// Filters and nothing else; without it the page shows every row.
document.body.classList.add("live");
const form = document.querySelector("form");
const rows = [...document.querySelectorAll("tr[data-maker]")];
const texts = rows.map((row) => row.textContent.toLowerCase());
const shown = document.getElementById("shown");
function filter() {
  const wanted = new FormData(form);
  const words = String(wanted.get("words")).toLowerCase();
  let count = 0;
  rows.forEach((row, number) => {
    const fits = ["maker", "word", "scope", "place"].every((key) => !wanted.get(key) || row.dataset[key] === wanted.get(key));
    const hide = !fits || !texts[number].includes(words);
    if (row.hidden !== hide) row.hidden = hide;
    count += hide ? 0 : 1;
  });
  shown.textContent = `${count} of ${rows.length} shown`;
}
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  closed.forEach((each) => (each.open = true));
});
addEventListener("afterprint", () => closed.forEach((each) => (each.open = false)));
filter();
