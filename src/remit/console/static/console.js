// Keeps the page as the queue is, counts down, takes keys, and has the browser sign. It decides nothing.
"use strict";

const one = (pattern, within = document) => within.querySelector(pattern);
const all = (pattern, within = document) => [...within.querySelectorAll(pattern)];

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function post(place, fields) {
  const answer = await fetch(place, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(fields),
  });
  const found = (answer.headers.get("content-type") || "").startsWith("application/json") ? await answer.json() : {};
  if (!answer.ok) throw new Error(found.says || `the gateway answered ${answer.status}`);
  return found;
}

async function signByPasskey(asked) {
  if (!asked.keys.length) throw new Error("the register has no passkey of yours");
  const made = await navigator.credentials.get({
    publicKey: {
      challenge: bytes(asked.challenge), rpId: asked.site, userVerification: "required",
      allowCredentials: asked.keys.map((id) => ({ type: "public-key", id: bytes(id) })),
    },
  });
  return JSON.stringify({
    id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: {},
    response: {
      authenticatorData: text(made.response.authenticatorData), clientDataJSON: text(made.response.clientDataJSON),
      signature: text(made.response.signature), userHandle: made.response.userHandle ? text(made.response.userHandle) : null,
    },
  });
}

function say(form, words, bad = false) {
  const place = one(".says", form);
  place.textContent = words;
  place.classList.toggle("bad", bad);
}

async function doing(form, work) {
  const buttons = all("button", form);
  buttons.forEach((button) => { button.disabled = true; });
  try {
    await work();
  } catch (error) {
    say(form, error.name === "NotAllowedError" ? "the passkey was not used" : error.message, true);
  } finally {
    buttons.forEach((button) => { button.disabled = false; });
  }
}

function signIn(form) {
  const fields = () => Object.fromEntries(new FormData(form));
  one("[data-passkey]", form).addEventListener("click", () => doing(form, async () => {
    const asked = await post("/console/sign-in/begin", { person: fields().person });
    const signature = await signByPasskey(asked);
    location.href = (await post("/console/sign-in/end", { statement: asked.statement, signature })).to;
  }));
  one("[data-statement]", form).addEventListener("click", () => doing(form, async () => {
    one("[name=statement]", form).value = (await post("/console/sign-in/begin", { person: fields().person })).statement;
    say(form, "Sign this statement, and paste the signature.");
  }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    doing(form, async () => {
      const { statement, signature } = fields();
      location.href = (await post("/console/sign-in/end", { statement, signature })).to;
    });
  });
}

function answerForm(form) {
  const place = `/console/call/${form.dataset.call}`;
  const fields = (answer) => ({
    answer, form_token: form.dataset.token, reason: answer === "refused" ? one("[name=reason]", form).value : "",
    role: one("[name=role]", form).value,
  });
  for (const button of all("[data-answer]", form)) {
    button.addEventListener("click", () => doing(form, async () => {
      if (button.dataset.answer === "refused" && !one("[name=reason]", form).value.trim()) {
        one("[name=reason]", form).focus();
        throw new Error("to refuse takes a reason, which whoever asked is told");
      }
      const asked = await post(`${place}/statement`, fields(button.dataset.answer));
      say(form, "Confirm with your passkey …");
      const signature = await signByPasskey(asked);
      const done = await post(`${place}/answer`, { form_token: form.dataset.token, statement: asked.statement, signature });
      say(form, `It is ${done.state} now.`);
      location.href = done.to;
    }));
  }
}

function enrolForm(form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    doing(form, async () => {
      const challenge = crypto.getRandomValues(new Uint8Array(32));
      const name = one("[name=person]", form).value;
      const made = await navigator.credentials.create({
        publicKey: {
          challenge, rp: { id: form.dataset.site, name: "Remit" }, attestation: "none",
          user: { id: new TextEncoder().encode(name), name, displayName: name },
          pubKeyCredParams: [{ type: "public-key", alg: -7 }, { type: "public-key", alg: -8 }, { type: "public-key", alg: -257 }],
          authenticatorSelection: { userVerification: "required", residentKey: "preferred" },
        },
      });
      const credential = JSON.stringify({
        id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: {},
        response: { clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject) },
      });
      one("[name=row]", form).value = (await post("/console/enrol", { credential, challenge: text(challenge) })).row;
      say(form, "Made. Whoever keeps the register adds this to your row.");
    });
  });
}

function countDown() {
  for (const place of all("[data-until]")) {
    const seconds = Math.max(0, Math.floor((Date.parse(place.dataset.until) - Date.now()) / 1000));
    const minutes = Math.floor(seconds / 60);
    const hours = Math.floor(minutes / 60);
    const two = (number) => String(number).padStart(2, "0");
    place.firstChild.textContent = hours ? `${hours}:${two(minutes % 60)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
    place.classList.toggle("soon", seconds < 120);
  }
}

function listen() {
  const light = one(".live");
  if (!light) return;
  const events = new EventSource("/console/events");
  events.onopen = () => { light.classList.remove("off"); light.textContent = "live"; };
  events.onerror = () => { light.classList.add("off"); light.textContent = "not connected"; };
  events.addEventListener("queue", async () => {
    const still = one("[data-live]");
    if (!still) return;
    const found = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const fresh = one(`[data-live="${still.dataset.live}"]`, found);
    if (!fresh) { location.reload(); return; }
    const chosen = document.activeElement && document.activeElement.closest("[data-live]") ? document.activeElement.getAttribute("href") : null;
    still.replaceWith(fresh);
    if (chosen) { const again = all("a", fresh).find((link) => link.getAttribute("href") === chosen); if (again) again.focus(); }
    countDown();
  });
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const links = all(".cards a");
  const here = links.indexOf(document.activeElement);
  const press = (pattern) => { const found = one(pattern); if (found) { event.preventDefault(); found.tagName === "TEXTAREA" ? found.focus() : found.click(); } };
  switch (event.key) {
    case "j": if (links.length) links[Math.min(here + 1, links.length - 1)].focus(); break;
    case "k": if (links.length) links[Math.max(here - 1, 0)].focus(); break;
    case "a": press("[data-answer=approved]"); break;
    case "r": press("[name=reason]"); break;
    case "u": press("[data-back]"); break;
    case "?": one("dialog").showModal(); break;
    default: if (/^[1-7]$/.test(event.key)) press(`.side nav a:nth-child(${event.key})`);
  }
}

all("form.sign-in").forEach(signIn);
all("form.answer").forEach(answerForm);
all("form.enrol").forEach(enrolForm);
document.addEventListener("keydown", keys);
countDown();
setInterval(countDown, 1000);
listen();
