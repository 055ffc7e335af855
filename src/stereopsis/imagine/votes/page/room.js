// What all pages share: asking, sending without losing anything, progress, keys.

const fault = document.getElementById("fault");
const AGAIN_MS = 700;

export const find = (id) => document.getElementById(id);
const pause = (ms) => new Promise((go) => setTimeout(go, ms));

// A key under which what is sent counts once, however often it is sent.
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function complain(text) {
  fault.textContent = text;
  fault.hidden = !text;
}

// The answer, once there is one: while the server is away, the same is sent again and again.
async function reach(path, options) {
  for (;;) {
    let answer = null;
    try {
      answer = await fetch(path, options);
    } catch {
      complain("The server does not answer. Nothing is lost: this page tries again until it does.");
    }
    if (answer && answer.status < 500) {
      complain("");
      return answer;
    }
    if (answer) complain("The server has failed. This page tries again until it answers.");
    await pause(AGAIN_MS);
  }
}

// What the server says, or null if it refuses; then the page tells why.
async function understood(answer) {
  if (answer.status === 401) {
    if (location.pathname !== "/") location.assign("/");
    return null;
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  complain(told.problem ? `${told.problem} ${told.mend}` : "This is not there any more. Reload the page.");
  return null;
}

export const ask = async (path) => understood(await reach(path));

export async function send(path, body) {
  const headers = { "content-type": "application/json" };
  return understood(await reach(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

export function showProgress({ done, total }) {
  find("progress").max = Math.max(total, 1);
  find("progress").value = done;
  find("count").textContent = `${done} of ${total}`;
}

// Ends a page: nothing is left, or nothing was there.
export function showEnd(isEnd, total, room) {
  room.hidden = isEnd;
  find("end").hidden = !isEnd;
  find("end").textContent = total
    ? "All done, thank you. Nothing is left here."
    : "There is nothing here yet.";
}

// Whether the picture can be seen; one that a server did not send while it was away is loaded again.
export async function ready(image, source) {
  for (;;) {
    image.src = source;
    try {
      await image.decode();
      return true;
    } catch {
      if (!(await ask(source))) return false; // it has said what is wrong with the picture
      await pause(AGAIN_MS);
    }
  }
}

const isTyping = (event) => event.target.matches("textarea, input:not([type=radio])");
const isPress = (event) => event.key === "Enter" || event.key === " "; // of a button in focus

// Calls the action of a key; not while someone types, holds the key down or means the browser.
export function onKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event) || (isPress(event) && event.target.closest("header, footer"))) return;
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  document.addEventListener("keyup", (event) => {
    if (event.key === " " && actions[" "] && event.target.closest("main")) event.preventDefault();
  });
}
