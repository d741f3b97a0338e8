"use strict";

// Polls the server for updates a few times a second and draws them.

const interval = 150, hiddenInterval = 2000, retryInterval = 1500;
const element = (id) => document.getElementById(id);

/** The numbers of the last entries received, and all entries received. */
const seen = { snapshot: 0, episode: 0, event: 0 };
const history = { series: [], episodes: [], events: [] };
const longestEvents = 200;
let latest = null;
let picture = null;
let pictureSequence = null;

async function poll() {
  let pause = document.hidden ? hiddenInterval : interval;
  try {
    const query = new URLSearchParams(seen);
    const response = await fetch("/state?" + query, { signal: AbortSignal.timeout(5000) });
    if (!response.ok) throw new Error((await response.text()).trim());
    await handleUpdate(await response.json());
  } catch (error) {
    const words = error instanceof TypeError || error.name === "TimeoutError" ? "no answer" : error.message;
    show(latest && latest.state === "ended" ? "ended" : "lost", words);
    pause = retryInterval;
  }
  setTimeout(poll, pause);
}

/** Handles a response of the server. */
async function handleUpdate(update) {
  latest = update;
  append("series", "snapshot", update.series);
  append("episodes", "episode", update.episodes);
  const hasEvents = append("events", "event", update.events);
  document.title = element("title").textContent = update.title;
  show(update.state);
  if (hasEvents) drawEvents();
  drawEpisodes(update);
  const snapshot = update.snapshot;
  if (!snapshot) return;
  element("progress").value = update.totalSteps > 0 ? snapshot.steps / update.totalSteps : 0;
  drawNumbers(snapshot, update);
  drawActions(snapshot);
  drawLearning();
  drawLatencies(snapshot, update);
  element("pen").hidden = !update.pen || !snapshot.robot;
  if (update.pen && snapshot.robot) drawPen(element("above"), update.pen, snapshot.robot, snapshot.path);
  if (snapshot.picture && snapshot.sequence !== pictureSequence) {
    const image = new Image();
    image.src = "data:image/jpeg;base64," + snapshot.picture.jpeg;
    await image.decode();
    picture = image;
    pictureSequence = snapshot.sequence;
    drawCamera();
  }
}

/** Adds new entries of a kind. A server that has restarted, or thinned a long history, sends all entries to replace the old ones. */
function append(kind, counter, added) {
  if (added.isWhole) history[kind] = [];
  history[kind].push(...added.entries);
  const isNew = added.last !== seen[counter];
  seen[counter] = added.last;
  return isNew;
}

function show(state, words) {
  const status = element("status");
  status.className = state;
  status.textContent = words ? (state === "ended" ? "ended" : "lost: " + words) : state;
  element("pause").textContent = state === "paused" ? "Resume" : "Pause";
  for (const id of ["pause", "save", "stop"]) element(id).disabled = state !== "running" && state !== "paused";
}

function drawNumbers(snapshot, update) {
  const total = update.totalSteps > 0 ? " of " + short(update.totalSteps) : "";
  const success = snapshot.successRate === undefined ? "–" : Math.round(100 * snapshot.successRate) + " %";
  const last = history.episodes[history.episodes.length - 1];
  const rows = [
    ["step", snapshot.steps.toLocaleString("en") + total, "steps"],
    ["steps per second", short(snapshot.stepsPerSecond), "rate"],
    ["CPU time per step", short(snapshot.processorMilliseconds) + " ms", "processor"],
    ["episode", short(snapshot.episodes + 1) + ", step " + short(snapshot.episodeLength), "episode"],
    ["return so far", short(snapshot.episodeReturn), "return"],
    ["last return", last ? short(last.episodeReturn) : "–", "last-return"],
    ["success, last 20", success, "success"],
    ["steps, last 20", short(snapshot.meanLength), "mean-length"],
    ["TD error δ", short(snapshot.error), "error"],
    ["scale σ_δ", short(snapshot.scale), "scale"],
    ["entropy", short(snapshot.entropy), "policy-entropy"],
    ["value Q", short(snapshot.value), "value"],
    ["missed cycles", short(snapshot.missedCycles), "missed", snapshot.missedCycles],
    ["steps without image", short(snapshot.staleSteps), "stale", snapshot.staleSteps],
    ["refused updates", short(snapshot.refusedUpdates), "refused", snapshot.refusedUpdates],
    ["refused actions", short(snapshot.nonFiniteActions), "non-finite", snapshot.nonFiniteActions],
  ];
  element("numbers").replaceChildren(...rows.flatMap(([name, text, id, warning]) => {
    const term = document.createElement("dt"), value = document.createElement("dd");
    term.textContent = name;
    value.textContent = text;
    value.id = "number-" + id;
    if (warning > 0) value.className = "warn";
    return [term, value];
  }));
}

function drawActions(snapshot) {
  const names = snapshot.actions.length === 2 && snapshot.commands[0] ? ["left", "right"] : [];
  rows("actions", snapshot.actions.length, () => {
    const row = document.createElement("div");
    row.className = "bar";
    row.append(document.createElement("span"), document.createElement("canvas"), document.createElement("span"));
    return row;
  }).forEach((row, index) => {
    row.children[0].textContent = names[index] || "action " + index;
    drawBar(row.children[1], snapshot.actions[index] || 0);
    row.children[2].textContent = short(snapshot.actions[index]) + "  " + snapshot.commands[index];
  });
}

/** The child rows of an element, with rows added or removed to make `count`. */
function rows(id, count, make) {
  const parent = element(id);
  while (parent.children.length < count) parent.append(make());
  while (parent.children.length > count) parent.lastElementChild.remove();
  return [...parent.children];
}

function drawLearning() {
  const over = (key) => history.series.map((point) => [point.step, point[key] ?? null]);
  drawLines(element("errors"), [
    { name: "δ", points: over("error"), colour: "first" },
    { name: "mean of |δ|", points: over("absoluteError"), colour: "third" },
    { name: "scale σ_δ", points: over("scale"), colour: "second" },
  ]);
  drawLines(element("entropy"), [{ points: over("entropy"), colour: "third" }]);
}

function drawEpisodes(update) {
  const episodes = (read) => history.episodes.map((episode) => [episode.step, read(episode) ?? null]);
  element("success").hidden = !update.hasGoal;
  if (update.hasGoal) {
    drawLines(
      element("success-rate"), [{ points: episodes((episode) => 100 * episode.successRate), colour: "third" }], [0, 100]);
  }
  drawLines(element("returns"), [{ points: episodes((episode) => episode.episodeReturn), colour: "first", dots: true }]);
  drawLines(element("lengths"), [{ points: episodes((episode) => episode.length), colour: "second", dots: true }]);
}

function drawLatencies(snapshot, update) {
  rows("latencies", snapshot.latencies.length, () => {
    const row = document.createElement("div");
    const head = document.createElement("div");
    head.className = "stage";
    head.append(document.createElement("b"), document.createElement("span"));
    const canvas = document.createElement("canvas");
    canvas.className = "histogram";
    row.append(head, canvas);
    return row;
  }).forEach((row, index) => {
    const stage = snapshot.latencies[index];
    row.querySelector("b").textContent = stage.name;
    const [median, rare, most] = [0.5, 0.99, 1].map((share) => short(quantile(stage, share)));
    row.querySelector("span").textContent = `p50 ≤ ${median}  p99 ≤ ${rare}  max ≤ ${most} ms`;
    drawHistogram(row.querySelector("canvas"), stage, update.cycleMilliseconds);
  });
}

function drawCamera() {
  const shown = latest && latest.snapshot && latest.snapshot.picture;
  if (!picture || !shown) return;
  element("waiting").hidden = true;
  const { width, height, count } = shown;
  rows("stack", count, () => document.createElement("canvas")).forEach((canvas, index) => {
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d").drawImage(picture, 0, index * height, width, height, 0, 0, width, height);
  });
  const view = element("view"), scale = 4;
  view.width = width * scale;
  view.height = height * scale;
  const context = view.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, (count - 1) * height, width, height, 0, 0, view.width, view.height);
  if (element("show-mask").checked) drawMask(context, shown, scale);
  if (element("show-points").checked) drawPoints(context, latest.snapshot.points, scale);
  element("target").textContent = (100 * shown.targetShare).toFixed(1) + " %";
}

function drawMask(context, shown, scale) {
  const bits = atob(shown.mask);
  context.fillStyle = `rgba(${colour("mask")}, 0.45)`;
  for (let row = 0; row < shown.height; row++) {
    let start = -1;
    for (let column = 0; column <= shown.width; column++) {
      const place = row * shown.width + column;
      const isSet = column < shown.width && (bits.charCodeAt(place >> 3) & (0x80 >> (place & 7))) !== 0;
      if (isSet && start < 0) start = column;
      if (!isSet && start >= 0) {
        context.fillRect(start * scale, row * scale, (column - start) * scale, scale);
        start = -1;
      }
    }
  }
}

function drawPoints(context, points, scale) {
  context.fillStyle = colour("points");
  context.strokeStyle = "#ffffff";
  for (let index = 0; index + 1 < points.length; index += 2) {
    if (points[index] === null || points[index + 1] === null) continue;
    context.beginPath();
    context.arc((points[index] + 0.5) * scale, (points[index + 1] + 0.5) * scale, 5, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
}

function drawEvents() {
  const list = history.events.slice(-longestEvents).reverse().map((event) => {
    const item = document.createElement("li"), time = document.createElement("time");
    const seconds = Math.floor(event.seconds);
    time.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    item.append(time, event.text);
    return item;
  });
  element("events").replaceChildren(...list);
}

/** Sends a command to the run. */
async function sendCommand(name) {
  try {
    const response = await fetch("/" + name, { method: "POST" });
    if (!response.ok) throw new Error((await response.text()).trim());
  } catch (error) {
    show("lost", error.message);
  }
}

element("pause").addEventListener("click", () => sendCommand(latest && latest.state === "paused" ? "resume" : "pause"));
element("save").addEventListener("click", () => sendCommand("save"));

/** Stopping cannot be undone, so it takes a second click. */
let stopTimer = null;
element("stop").addEventListener("click", () => {
  const button = element("stop");
  if (stopTimer === null) {
    button.textContent = "Really stop?";
    button.className = "sure";
    stopTimer = setTimeout(resetStopButton, 3000);
  } else {
    resetStopButton();
    sendCommand("stop");
  }
});

function resetStopButton() {
  clearTimeout(stopTimer);
  stopTimer = null;
  element("stop").textContent = "Stop";
  element("stop").className = "";
}

for (const id of ["show-mask", "show-points"]) element(id).addEventListener("change", drawCamera);
window.addEventListener("resize", () => {
  if (!latest) return;
  drawEpisodes(latest);
  drawLearning();
});
poll();
