// Where the viewer stands and which part of the picture is shown: numbers only, no page.

const LARGEST_ZOOM = 6;
const DRAG_LAG = 0.09; // seconds in which a movement is two thirds done
const IDLE_LAG = 0.7;
const IDLE_PERIOD = 11; // seconds for one gentle round
const IDLE_REACH = 0.75; // of the cone's radius
const IDLE_PAUSE = 5; // seconds without a hand on the picture before motion resumes
const NEARLY = 1.08; // a picture that fits the screen so well fills it
const STILL = 2e-4;

/** A view of a width x height picture on a screen.
 *
 * `x`, `y` lie in the unit disk: how far the eye stands right and below of the photo's own camera,
 * in radii of the viewing cone. `zoom` is 1 where the whole picture fits. `panX`, `panY` is the
 * pixel in the middle of the screen. `now` follows `target` smoothly.
 */
function createView({ width, height }, reducedMotion) {
  const rest = { x: 0, y: 0, zoom: 1, panX: width / 2, panY: height / 2 };
  const target = { ...rest };
  const now = { ...rest };
  const screen = { width: 1, height: 1, ratio: 1 };
  let moving = !reducedMotion();
  let resting = IDLE_PAUSE; // seconds since the last touch
  let round = 0; // seconds of gentle motion so far

  const fitScale = () => Math.min(screen.width / width, screen.height / height);
  const coverZoom = () => Math.max(screen.width / width, screen.height / height) / fitScale();
  const mostZoom = () => Math.max(LARGEST_ZOOM, coverZoom());

  function clamp(view) {
    const beyond = Math.max(1, Math.hypot(view.x, view.y));
    view.x /= beyond;
    view.y /= beyond;
    view.zoom = Math.min(Math.max(view.zoom, 1), mostZoom());
    const scale = fitScale() * view.zoom;
    const halfX = Math.min(width, screen.width / scale) / 2;
    const halfY = Math.min(height, screen.height / scale) / 2;
    view.panX = Math.min(Math.max(view.panX, halfX), width - halfX);
    view.panY = Math.min(Math.max(view.panY, halfY), height - halfY);
  }

  /** Changes the target, after which gentle motion waits. */
  function change(changes) {
    resting = 0;
    round = 0;
    Object.assign(target, changes);
    clamp(target);
  }

  return {
    now,
    get moving() {
      return moving;
    },
    set moving(on) {
      moving = on;
      resting = IDLE_PAUSE;
    },
    get busy() {
      return moving || Object.keys(now).some((key) => Math.abs(target[key] - now[key]) > STILL);
    },

    /** The screen has this width and height, and `ratio` pixels of its own to each of ours. */
    resize(size) {
      const covered = target.zoom > 1 && target.zoom === coverZoom();
      Object.assign(screen, size);
      if (covered) target.zoom = now.zoom = coverZoom();
      clamp(target);
      clamp(now);
    },

    /** Moves the eye by shares of the cone's radius. */
    look: (dx, dy) => change({ x: target.x + dx, y: target.y + dy }),
    lookAt: (x, y) => change({ x, y }),

    /** The hand moved by (dx, dy) on the screen: near things follow it, and the picture if cut. */
    drag(dx, dy) {
      const scale = fitScale() * target.zoom;
      const reach = 0.4 * Math.min(screen.width, screen.height);
      change({
        x: target.x - dx / reach,
        y: target.y - dy / reach,
        panX: target.panX - dx / scale,
        panY: target.panY - dy / scale,
      });
    },

    /** Zooms by a factor; what lies at (x, y), measured from the screen's middle, stays there. */
    zoomBy(factor, x = 0, y = 0) {
      const before = fitScale() * target.zoom;
      const zoom = Math.min(Math.max(target.zoom * factor, 1), mostZoom());
      const after = fitScale() * zoom;
      const shift = 1 / before - 1 / after;
      change({ zoom, panX: target.panX + x * shift, panY: target.panY + y * shift });
    },

    /** Fills the screen, or shows the whole picture. */
    cover: (on = target.zoom < coverZoom() - STILL) => change({ zoom: on ? coverZoom() : 1 }),
    reset: () => change(rest),
    jump: () => Object.assign(now, target),

    /** The first view: the whole picture, or as much as fills the screen if wanted or little less. */
    begin(cover) {
      target.zoom = cover || coverZoom() < NEARLY ? coverZoom() : 1;
      Object.assign(now, target);
    },

    /** Lets `seconds` pass. */
    step(seconds) {
      resting += seconds;
      const idle = moving && resting > IDLE_PAUSE;
      if (idle) {
        round += seconds;
        const reach = IDLE_REACH * (1 - Math.exp(-round / 2));
        const angle = (2 * Math.PI * round) / IDLE_PERIOD;
        Object.assign(target, { x: reach * Math.sin(angle), y: 0.6 * reach * Math.cos(angle) });
      }
      const lag = idle ? IDLE_LAG : DRAG_LAG;
      const share = reducedMotion() && !idle ? 1 : 1 - Math.exp(-seconds / lag);
      for (const key of Object.keys(now)) now[key] += (target[key] - now[key]) * share;
      clamp(now);
    },

    /** Where on the screen the picture lies, in the screen's own pixels, and which part of it.
     *
     * `rimGap` is the share of the picture by which the mesh's border enters at the rim; the view
     * closes in by as much as the eye has moved, so that the border stays outside.
     */
    frame(rimGap) {
      const [across, down] = [screen.width, screen.height].map((side) => Math.round(side * screen.ratio));
      const scale = fitScale() * now.zoom * screen.ratio;
      const frameWidth = Math.min(across, Math.round(width * scale));
      const frameHeight = Math.min(down, Math.round(height * scale));
      const closer = 1 - 2 * rimGap * Math.hypot(now.x, now.y);
      const cropWidth = (closer * frameWidth) / scale;
      const cropHeight = (closer * frameHeight) / scale;
      return {
        left: (across - frameWidth) >> 1,
        top: (down - frameHeight) >> 1,
        width: frameWidth,
        height: frameHeight,
        crop: {
          left: width / 2 + (now.panX - width / 2) * closer - cropWidth / 2,
          top: height / 2 + (now.panY - height / 2) * closer - cropHeight / 2,
          width: cropWidth,
          height: cropHeight,
        },
      };
    },
  };
}
