// Two windows with the same lecture, the wall's and the presenter's, stand at the same slide: one that moves tells it.

/** @typedef {{lecture: string, slide: number}} Place */
/** @type {Place} */
const at = { lecture: "", slide: 0 };
/** @type {BroadcastChannel | undefined} */
let channel;

/**
 * Where this window is now; `goTo` is called where another one has moved.
 *
 * @param {Place} place @param {(slide: number) => void} goTo
 */
export function tellWindows({ lecture, slide }, goTo) {
  const moved = lecture !== "" && at.lecture === lecture && at.slide !== slide;
  Object.assign(at, { lecture, slide });
  if (!lecture) return;
  channel ??= new BroadcastChannel("glassbox");
  channel.onmessage = ({ data }) => {
    if (data.lecture !== at.lecture || data.slide === at.slide) return;
    at.slide = data.slide;
    goTo(data.slide);
  };
  if (moved) channel.postMessage({ ...at });
}
