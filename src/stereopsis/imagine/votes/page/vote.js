// Votes: two pictures, one answer. It counts only once both pictures have been seen.
import { ask, complain, find, newKey, onKeys, ready, send, showEnd, showProgress } from "/page/room.js";

const question = document.body.dataset.question;
const sides = [...document.querySelectorAll(".side")];
const buttons = [...document.querySelectorAll("[data-pressed]")];
const LEAST_MS = 250; // a key pressed twice by mistake is not a vote on the next pair
let ballot = null;
let busy = true;

const setOpen = (isOpen) => { for (const button of buttons) button.disabled = !isOpen; };

async function show(query = "") {
  busy = true;
  const told = await ask(`/api/ballot/${question}${query}`);
  const isStart = told && query && !told.ballot; // nothing was before it: stay
  if (told && !isStart) {
    ballot = told.ballot;
    setOpen(false);
    showProgress(told);
    showEnd(!ballot, told.total, find("sides"));
    const missing = told.total - told.done;
    if (!ballot && missing) {
      complain(`Not asked: ${missing}, whose pictures are gone or have changed. Tell who runs this vote.`);
    }
    find("ask").hidden = !ballot;
    const points = Number((100 * told.half_width).toPrecision(3));
    find("left").textContent = told.left
      ? `At least ${told.left} more votes, of all voters, to ±${points} points.`
      : `Enough votes for ±${points} points.`;
    if (ballot) await reveal(told);
  }
  busy = false;
}

async function reveal(told) {
  document.activeElement.blur();
  for (const button of buttons) button.classList.remove("pressed");
  find("sides").classList.add("waiting");
  if (told.prompt !== null) find("prompt").textContent = told.prompt;
  const seen = await Promise.all(
    sides.map((side) => ready(side.querySelector("img"), `/ballots/${ballot}/${side.dataset.pressed}`)));
  find("sides").classList.remove("waiting");
  const current = ballot;
  if (seen.every(Boolean)) setTimeout(() => setOpen(ballot === current), LEAST_MS);
  if (told.ahead) {
    for (const side of sides) new Image().src = `/ballots/${told.ahead}/${side.dataset.pressed}`;
  }
}

async function vote(pressed) {
  if (busy || buttons[0].disabled) return;
  busy = true;
  setOpen(false);
  complain("");
  for (const button of buttons) button.classList.toggle("pressed", button.dataset.pressed === pressed);
  const told = await send("/api/vote", { key: newKey(), ballot, pressed });
  busy = false;
  if (told) await show();
  else setOpen(true);
}

const back = () => busy || show(`?before=${ballot ?? ""}`);
for (const button of buttons) button.addEventListener("click", () => vote(button.dataset.pressed));
find("back").addEventListener("click", back);
const press = (pressed) => () => vote(pressed);
onKeys({
  a: press("left"), ArrowLeft: press("left"), b: press("right"), ArrowRight: press("right"), z: back,
  ...(question === "appeal"
    ? { t: press("tie"), ArrowDown: press("tie") }
    : { o: press("both"), ArrowUp: press("both"), n: press("neither"), ArrowDown: press("neither") }),
});
await show();
