// The page: unpacks the 3D photo, draws it whenever the view has changed, and listens.

const QUIET_AFTER = 2500; // milliseconds without a hand before the controls fade
const LARGEST_STILL = 2048; // pixels along its longer side

const root = document.documentElement;
const element = (id) => document.getElementById(id);
const preference = matchMedia("(prefers-reduced-motion: reduce)");

async function start() {
  const canvas = element("photo");
  const scene = readGlb(Uint8Array.from(atob(element("glb").textContent), (c) => c.charCodeAt(0)));
  const bitmap = await createImageBitmap(scene.image);
  const gl = canvas.getContext("webgl2");
  if (!gl) {
    drawStill(canvas, scene, bitmap);
    return say("To look around in this photo, open it in a browser with WebGL 2.");
  }

  const view = createView(scene.camera, () => preference.matches);
  let painter = createPainter(gl, scene, bitmap);
  const rimGap = painter.rimGap();
  let visible = true;

  const paint = () => {
    if (!gl.isContextLost()) painter.draw(view.now, view.frame(rimGap));
  };
  const wake = onFrames((seconds) => {
    view.step(seconds);
    paint();
    return visible && view.busy;
  });
  const fitScreen = () => {
    const { clientWidth: width, clientHeight: height } = canvas;
    const ratio = devicePixelRatio;
    if (Math.min(width, height) * ratio < 1) return; // a hidden frame: the view waits
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    view.resize({ width, height, ratio });
    if (!("ready" in root.dataset)) begin();
    paint();
  };
  const begin = () => {
    view.begin(root.dataset.fit === "cover");
    paint();
    glow(canvas, view.frame(rimGap));
    root.dataset.ready = "";
  };
  const see = (isVisible) => {
    visible = isVisible;
    wake();
  };
  const restore = () => {
    painter = createPainter(gl, scene, bitmap);
    paint();
  };

  addEventListener("beforeprint", paint);
  connect(canvas, view, wake);

  const look = (x, y) => {
    view.lookAt(x, y);
    view.jump();
    paint();
  };
  window.stereopsis = { view: view.now, rimGap, look, paint };
  fitScreen();
  followScreen(canvas, fitScreen, see);
  bridgeLoss(canvas, () => drawStill(canvas.cloneNode(), scene, bitmap), restore);
}

/** Tells when the canvas has another size or sharpness, and whether it is in sight. */
function followScreen(canvas, fit, see) {
  const followRatio = () => {
    const change = () => {
      fit();
      followRatio();
    };
    const ratio = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    ratio.addEventListener("change", change, { once: true });
  };
  followRatio();
  new ResizeObserver(fit).observe(canvas);
  new IntersectionObserver((entries) => see(entries.at(-1).isIntersecting)).observe(canvas);
}

/** Puts a still picture in the canvas's place while its graphics context is lost: browsers take
 * the oldest where many pages on a screen have one. */
function bridgeLoss(canvas, makeStill, restore) {
  canvas.addEventListener("webglcontextlost", (event) => {
    event.preventDefault(); // else it never comes back
    const still = makeStill();
    const back = () => {
      still.replaceWith(canvas);
      restore();
    };
    canvas.replaceWith(still);
    canvas.addEventListener("webglcontextrestored", back, { once: true });
  });
}

/** Joins hands, buttons and keys to the view. */
function connect(canvas, view, wake) {
  const touched = () => {
    root.dataset.touched = "";
    wake();
  };
  const showMotion = () => element("motion").setAttribute("aria-pressed", view.moving);
  const toggleMotion = () => {
    view.moving = !view.moving;
    showMotion();
    wake();
  };
  const toggleFull = () =>
    document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen?.();
  const keys = element("keys");
  const help = () => (keys.open ? keys.close() : keys.showModal());

  followPointers(canvas, view, touched);
  followKeys(view, { " ": toggleMotion, f: toggleFull, "?": help, h: help }, touched);
  if (!preference.matches) followTilt(element("tilt"), view, touched);
  preference.addEventListener("change", () => {
    view.moving = !preference.matches;
    showMotion();
    wake();
  });
  element("motion").addEventListener("click", toggleMotion);
  element("help").addEventListener("click", help);
  element("close").addEventListener("click", help);
  element("full").addEventListener("click", toggleFull);
  element("full").hidden = !document.fullscreenEnabled;
  showMotion();
  fadeControls();
}

/** A function that starts a run of frames; `step(seconds)` says whether another one is due. */
function onFrames(step) {
  let last = null; // null while nothing runs
  const tick = (time) => {
    const again = step(Math.min(0.05, Math.max(0, time - last) / 1000));
    last = again ? time : null;
    if (again) requestAnimationFrame(tick);
  };
  return () => {
    if (last !== null) return;
    last = performance.now();
    requestAnimationFrame(tick);
  };
}

/** The canvas with the photo drawn flat, without WebGL 2: it lies whole in the texture. */
function drawStill(canvas, { camera, photo_in_texture: [left, top, right, bottom] }, bitmap) {
  const shrink = Math.min(1, LARGEST_STILL / Math.max(camera.width, camera.height));
  Object.assign(canvas, { className: "still", width: camera.width * shrink, height: camera.height * shrink });
  const scaleX = canvas.width / (right - left);
  const scaleY = canvas.height / (bottom - top);
  canvas.getContext("2d").drawImage(bitmap, -left * scaleX, -top * scaleY, scaleX, scaleY);
  return canvas;
}

/** Fills the screen behind the picture with the picture's own colours. */
function glow(canvas, { left, top, width, height }) {
  const backdrop = element("backdrop");
  const context = backdrop.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, left, top, width, height, 0, 0, backdrop.width, backdrop.height);
}

function fadeControls() {
  let timer;
  const show = () => {
    clearTimeout(timer);
    delete root.dataset.quiet;
    timer = setTimeout(() => (root.dataset.quiet = ""), QUIET_AFTER);
  };
  for (const event of ["pointermove", "pointerdown", "keydown"]) addEventListener(event, show);
  show();
}

function say(sentence) {
  element("message").textContent = sentence;
  element("message").hidden = false;
  element("bar").hidden = true;
  root.dataset.failed = "";
}

start().catch((error) => {
  console.error(error);
  say("This 3D photo is damaged and cannot be shown.");
});
