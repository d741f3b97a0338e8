"use strict";

// Drawing on canvases: what the page needs of it, and no library.

/** A colour of the style sheet, as light or dark has it. */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

/** The canvas's context, cleared, in CSS pixels on any screen. */
function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = "11px system-ui, sans-serif";
  return { context, width, height };
}

/** A number in few letters. */
function short(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1e6) return (value / 1e6).toPrecision(3) + " M";
  if (size >= 1000 || Number.isInteger(value)) return Math.round(value).toLocaleString("en");
  return size >= 10 ? value.toFixed(1) : size >= 0.01 || size === 0 ? value.toFixed(2) : value.toExponential(1);
}

/**
 * Draws lines over a common horizontal axis.
 * @param series [{ points: [[x, y]], colour, dots }]; a y of null is a gap.
 */
function drawLines(canvas, series) {
  const { context, width, height } = prepare(canvas);
  const all = series.flatMap((one) => one.points).filter((point) => point[1] !== null);
  if (all.length === 0) return;
  let left = Infinity, right = -Infinity, low = Infinity, high = -Infinity;
  for (const [x, y] of all) {
    left = Math.min(left, x); right = Math.max(right, x);
    low = Math.min(low, y); high = Math.max(high, y);
  }
  if (high === low) { high += 1; low -= 1; }
  if (right === left) right += 1;
  const edge = 52, foot = 16;
  const toX = (x) => edge + (x - left) / (right - left) * (width - edge - 4);
  const toY = (y) => height - foot - (y - low) / (high - low) * (height - foot - 8);
  context.strokeStyle = colour("line");
  context.fillStyle = colour("faint");
  context.lineWidth = 1;
  context.textAlign = "right";
  for (const y of [low, (low + high) / 2, high]) {
    context.beginPath();
    context.moveTo(edge, toY(y));
    context.lineTo(width, toY(y));
    context.stroke();
    context.fillText(short(y), edge - 6, toY(y) + 4);
  }
  context.fillText("step " + short(right), width - 2, height - 3);
  context.textAlign = "left";
  context.fillText(short(left), edge, height - 3);
  for (const one of series) {
    context.strokeStyle = context.fillStyle = colour(one.colour);
    context.lineWidth = 1.5;
    context.beginPath();
    let isDown = false;
    for (const [x, y] of one.points) {
      if (y === null) { isDown = false; continue; }
      if (one.dots) { context.fillRect(toX(x) - 1, toY(y) - 1, 2, 2); continue; }
      if (isDown) context.lineTo(toX(x), toY(y)); else context.moveTo(toX(x), toY(y));
      isDown = true;
    }
    context.stroke();
  }
}

/** Draws a histogram over a logarithmic axis of milliseconds, with a mark at the length of a control cycle. */
function drawHistogram(canvas, stage, cycleMilliseconds) {
  const { context, width, height } = prepare(canvas);
  const most = Math.max(...stage.counts, 1);
  const bounds = stage.milliseconds;
  const low = Math.log(bounds[0]), high = Math.log(Math.max(bounds[bounds.length - 1], cycleMilliseconds * 1.1));
  const toX = (milliseconds) => (Math.log(milliseconds) - low) / (high - low || 1) * width;
  context.fillStyle = colour("first");
  for (let index = 0; index + 1 < bounds.length; index++) {
    // The root lets rare, long durations be seen beside the many short ones.
    const size = Math.sqrt(stage.counts[index] / most) * (height - 16);
    const start = toX(bounds[index]);
    context.fillRect(start, height - 14 - size, Math.max(1, toX(bounds[index + 1]) - start - 1), size);
  }
  context.strokeStyle = colour("bad");
  context.beginPath();
  context.moveTo(toX(cycleMilliseconds), 0);
  context.lineTo(toX(cycleMilliseconds), height - 14);
  context.stroke();
  context.fillStyle = colour("faint");
  context.textAlign = "left";
  context.fillText(short(bounds[0]) + " ms", 0, height - 2);
  context.textAlign = "right";
  context.fillText("cycle " + short(cycleMilliseconds) + " ms", width, height - 2);
}

/** Draws a bar from the middle to a share, −1…1. */
function drawBar(canvas, share) {
  const { context, width, height } = prepare(canvas);
  context.fillStyle = colour("line");
  context.fillRect(0, 0, width, height);
  context.fillStyle = colour(share < 0 ? "second" : "first");
  const size = Math.abs(share) * width / 2;
  context.fillRect(share < 0 ? width / 2 - size : width / 2, 0, size, height);
}

/** The duration that a share of a histogram's entries does not exceed, in milliseconds. */
function quantile(stage, share) {
  const total = stage.counts.reduce((sum, count) => sum + count, 0);
  let sum = 0;
  for (let index = 0; index < stage.counts.length; index++) {
    sum += stage.counts[index];
    if (sum >= share * total && stage.counts[index] > 0) {
      return stage.milliseconds[Math.min(index + 1, stage.milliseconds.length - 1)];
    }
  }
  return null;
}
