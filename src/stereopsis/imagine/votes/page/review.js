// Review: one picture, what is good and bad about it, whether to take it, and what it shows.
import { ask, complain, find, newKey, onKeys, ready, send, showEnd, showProgress } from "/page/room.js";

const form = find("form"), caption = find("caption");
const rows = [...form.querySelectorAll("fieldset")];
const MOST_LETTERS = 1000;
let shown = null; // the picture's name
let busy = true;

function setBusy(isBusy) {
  busy = isBusy;
  for (const id of ["take", "leave", "back"]) find(id).disabled = isBusy;
}

async function show(query = "") {
  setBusy(true);
  const told = await ask("/api/review" + query);
  const isStart = told && query && !told.image; // nothing was before it: stay
  if (told && !isStart) {
    shown = told.image;
    showProgress(told);
    showEnd(!shown, told.total, find("room"));
    if (shown) await fill(told);
  }
  setBusy(false);
}

async function fill(told) {
  form.reset();
  caption.value = told.caption;
  count();
  for (const [name, value] of Object.entries(told.earlier)) {
    for (const input of form.querySelectorAll(`input[name="${name}"]`)) input.checked = input.value === value;
  }
  for (const verdict of ["take", "leave"]) {
    find(verdict).classList.toggle("chosen", told.earlier.verdict === verdict);
  }
  document.activeElement.blur();
  form.scrollTop = 0;
  await ready(find("picture"), `/pictures/${shown}`);
}

async function decide(verdict) {
  if (busy || !shown) return;
  setBusy(true);
  complain("");
  const given = Object.fromEntries(new FormData(form));
  given.caption = given.caption.replaceAll("\r\n", "\n").trim();
  const told = await send("/api/review", { key: newKey(), image: shown, verdict, ...given });
  setBusy(false);
  if (told) await show();
}

// The next answer of a row: its first, second ..., last, none.
function step(row) {
  const inputs = [...row.querySelectorAll("input")];
  const place = inputs.findIndex((input) => input.checked);
  if (place >= 0) inputs[place].checked = false;
  if (place + 1 < inputs.length) inputs[place + 1].checked = true;
}

function count() {
  find("letters").textContent = `${[...caption.value].length} of ${MOST_LETTERS}`;
}

const back = () => busy || show(`?before=${shown ?? ""}`);
onKeys({
  ...Object.fromEntries(rows.map((row, place) => [String(place + 1), () => step(row)])),
  c: () => caption.focus(), t: () => decide("take"), l: () => decide("leave"), z: back,
});
caption.addEventListener("input", count);
caption.addEventListener("keydown", (event) => {
  if (event.key === "Escape") caption.blur();
});
form.addEventListener("submit", (event) => event.preventDefault());
find("take").addEventListener("click", () => decide("take"));
find("leave").addEventListener("click", () => decide("leave"));
find("back").addEventListener("click", back);
await show();
