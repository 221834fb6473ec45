// While a paper form is typed: the people who may be registered already. Without it, sending the form finds them.
"use strict";

const PAUSE = 400; // milliseconds without a key before anything is asked
const NAMES = ["name", "kana", "birth_year", "phone"];

const hint = document.querySelector("[data-same]");
const fields = hint.closest("form").elements;
let timer;
let asking;
let shown = "";

async function ask() {
  asking = new AbortController();
  const body = new URLSearchParams(["csrf_token", ...NAMES].map((name) => [name, fields[name].value]));
  try {
    // signed out meanwhile, the answer would lead to a page that is no hint
    const options = { method: "POST", body, signal: asking.signal, redirect: "error" };
    const answer = await fetch(hint.dataset.same, options);
    const found = answer.ok ? await answer.text() : shown;
    if (found !== shown) hint.innerHTML = shown = found; // the same again is not announced again
  } catch {
    // aborted by the next key, or out of reach: what is shown stays
  }
}

function typed(event) {
  if (event.isComposing || !NAMES.includes(event.target.name)) return; // kana not yet made kanji
  clearTimeout(timer);
  asking?.abort();
  timer = setTimeout(ask, PAUSE);
}

for (const kind of ["input", "compositionend"]) hint.closest("form").addEventListener(kind, typed);
