"use strict";

// Drawing on canvases, without a library.

/** A colour of the style sheet, for the current light or dark scheme. */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

/** The canvas's context, cleared and scaled to CSS pixels. */
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

/** A number in short notation. */
function short(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1e6) return (value / 1e6).toPrecision(3) + " M";
  if (size >= 1000 || Number.isInteger(value)) return Math.round(value).toLocaleString("en");
  if (size >= 10) return value.toFixed(1);
  if (size >= 0.1 || size === 0) return value.toFixed(2);
  return size >= 1e-4 ? Number(value.toPrecision(2)).toString() : value.toExponential(1);
}

/** About `count` round numbers from low to high, and their spacing. */
function ticks(low, high, count) {
  const rough = (high - low) / Math.max(1, count), power = 10 ** Math.floor(Math.log10(rough));
  const spacing = power * ([1, 2, 5].find((multiple) => multiple * power >= rough * 0.999) || 10);
  const first = Math.ceil(low / spacing - 1e-9), last = Math.floor(high / spacing + 1e-9);
  return { spacing, values: Array.from({ length: last - first + 1 }, (_, index) => (first + index) * spacing) };
}

/** A tick's label, with as many decimals as the spacing needs. */
function tickLabel(value, spacing) {
  const decimals = Math.min(6, Math.max(0, Math.ceil(-Math.log10(spacing) - 1e-9)));
  return value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** The smallest range that contains low and high and ends on round numbers. */
function roundRange(low, high, count) {
  if (!(high > low)) { const around = Math.max(Math.abs(low) / 2, 1); low -= around; high += around; }
  const { spacing } = ticks(low, high, count);
  return [Math.floor(low / spacing + 1e-9) * spacing, Math.ceil(high / spacing - 1e-9) * spacing];
}

/**
 * Draws lines or dots over the steps, with axes, and a legend if there are several series.
 * @param series [{ name, points: [[x, y]], colour, dots }]; a y of null is a gap.
 * @param fixed [low, high] of the vertical axis; by default the range of the points.
 */
function drawLines(canvas, series, fixed) {
  const { context, width, height } = prepare(canvas);
  let left = Infinity, right = -Infinity, low = Infinity, high = -Infinity;
  for (const [x, y] of series.flatMap((one) => one.points)) {
    if (y === null) continue;
    left = Math.min(left, x); right = Math.max(right, x);
    low = Math.min(low, y); high = Math.max(high, y);
  }
  context.fillStyle = colour("faint");
  if (left > right) {
    context.textAlign = "center";
    context.fillText("nothing to show yet", width / 2, height / 2);
    return;
  }
  if (left === right) right += 1;
  [low, high] = fixed || roundRange(low, high, 4);
  const edge = 56, foot = 18, top = series.length > 1 ? 20 : 8, end = width - 12;
  const toX = (x) => edge + (x - left) / (right - left) * (end - edge);
  const toY = (y) => height - foot - (y - low) / (high - low) * (height - foot - top);
  drawAxes(context, { left, right, low, high, edge, end, height, foot }, toX, toY);
  if (series.length > 1) drawLegend(context, series, edge);
  context.save();
  context.beginPath();
  context.rect(edge - 2, top - 4, width - edge + 2, height - foot - top + 8);
  context.clip();
  for (const one of series) {
    context.strokeStyle = context.fillStyle = colour(one.colour);
    context.lineWidth = 1.5;
    context.beginPath();
    let isDown = false;
    // Large dots where they are few, small ones where they would overlap.
    const size = one.points.length < 300 ? 4 : 2;
    for (const [x, y] of one.points) {
      if (y === null) { isDown = false; continue; }
      if (one.dots) { context.fillRect(toX(x) - size / 2, toY(y) - size / 2, size, size); continue; }
      if (isDown) context.lineTo(toX(x), toY(y)); else context.moveTo(toX(x), toY(y));
      isDown = true;
    }
    context.stroke();
  }
  context.restore();
}

/** Draws the grid and its labels: steps below, the quantity at the left. */
function drawAxes(context, range, toX, toY) {
  const { left, right, low, high, edge, end, height, foot } = range;
  context.strokeStyle = colour("line");
  context.lineWidth = 1;
  context.textAlign = "right";
  const rows = ticks(low, high, 4);
  for (const y of rows.values) {
    context.beginPath();
    context.moveTo(edge, toY(y));
    context.lineTo(end, toY(y));
    context.stroke();
    context.fillText(tickLabel(y, rows.spacing), edge - 6, toY(y) + 4);
  }
  context.fillText("step", edge - 6, height - 3);
  const columns = ticks(left, right, (end - edge) / 75);
  for (const x of columns.values) {
    context.beginPath();
    context.moveTo(toX(x), height - foot);
    context.lineTo(toX(x), height - foot + 4);
    context.stroke();
    const label = tickLabel(x, columns.spacing), half = context.measureText(label).width / 2;
    context.textAlign = "center";
    context.fillText(label, Math.min(toX(x), end + 10 - half), height - 3);
  }
}

/** Draws the names of the lines above the chart. */
function drawLegend(context, series, start) {
  let x = start;
  context.textAlign = "left";
  for (const one of series) {
    context.fillStyle = colour(one.colour);
    context.fillRect(x, 6, 14, 3);
    context.fillStyle = colour("faint");
    context.fillText(one.name, x + 19, 11);
    x += 19 + context.measureText(one.name).width + 16;
  }
}

/**
 * Draws the pen from above: the target's wall at the right, the robot to scale, and its path in this episode.
 * @param pen lengthMeters, widthMeters, targetWidthMeters, robotRadiusMeters
 * @param path x₀ y₀ x₁ y₁ … in metres.
 */
function drawPen(canvas, pen, robot, path) {
  // The height that the pen and the labels below it need.
  canvas.style.height = Math.round((canvas.clientWidth - 52) * pen.widthMeters / pen.lengthMeters + 30) + "px";
  const { context, width } = prepare(canvas);
  const left = 40, top = 8, scale = (width - left - 12) / pen.lengthMeters;
  const toX = (x) => left + x * scale, toY = (y) => top + (pen.widthMeters - y) * scale;
  context.strokeStyle = colour("faint");
  context.lineWidth = 1.5;
  context.strokeRect(toX(0), toY(pen.widthMeters), pen.lengthMeters * scale, pen.widthMeters * scale);
  context.fillStyle = colour("faint");
  const columns = ticks(0, pen.lengthMeters, 4), rows = ticks(0, pen.widthMeters, 4);
  context.textAlign = "center";
  for (const x of columns.values) context.fillText(tickLabel(x, columns.spacing) + " m", toX(x), toY(0) + 15);
  context.textAlign = "right";
  for (const y of rows.values.slice(1)) context.fillText(tickLabel(y, rows.spacing) + " m", left - 5, toY(y) + 4);
  context.fillStyle = colour("third");
  const target = pen.targetWidthMeters * scale;
  context.fillRect(toX(pen.lengthMeters) - 3, toY(pen.widthMeters / 2) - target / 2, 6, target);
  context.strokeStyle = colour("first");
  context.lineWidth = 2;
  context.beginPath();
  for (let index = 0; index + 1 < path.length; index += 2) {
    if (index === 0) context.moveTo(toX(path[0]), toY(path[1])); else context.lineTo(toX(path[index]), toY(path[index + 1]));
  }
  context.stroke();
  if (!robot) return;
  const radius = pen.robotRadiusMeters * scale;
  context.strokeStyle = colour("text");
  context.beginPath();
  context.arc(toX(robot.x), toY(robot.y), radius, 0, 2 * Math.PI);
  context.moveTo(toX(robot.x), toY(robot.y));
  context.lineTo(toX(robot.x) + radius * Math.cos(robot.heading), toY(robot.y) - radius * Math.sin(robot.heading));
  context.stroke();
}

/** Draws a histogram over a logarithmic axis of milliseconds, with a mark at the length of a control cycle. */
function drawHistogram(canvas, stage, cycleMilliseconds) {
  const { context, width, height } = prepare(canvas);
  const most = Math.max(...stage.counts, 1), foot = 16, top = 12;
  const bounds = stage.milliseconds;
  const low = Math.log10(bounds[0]), high = Math.log10(Math.max(bounds[bounds.length - 1], cycleMilliseconds * 1.5));
  const toX = (milliseconds) => (Math.log10(milliseconds) - low) / (high - low) * width;
  context.fillStyle = colour("first");
  for (let index = 0; index + 1 < bounds.length; index++) {
    // A square root, so that rare long durations are visible beside many short ones.
    const size = Math.sqrt(stage.counts[index] / most) * (height - foot - top);
    const start = toX(bounds[index]);
    context.fillRect(start, height - foot - size, Math.max(1, toX(bounds[index + 1]) - start - 1), size);
  }
  context.strokeStyle = colour("line");
  context.beginPath();
  context.moveTo(0, height - foot);
  context.lineTo(width, height - foot);
  context.stroke();
  context.fillStyle = colour("faint");
  context.textAlign = "center";
  for (let power = Math.ceil(low - 1e-9); power <= high; power++) {
    const x = toX(10 ** power), label = power < 0 ? (10 ** power).toFixed(-power) : (10 ** power).toLocaleString("en");
    const half = context.measureText(label + " ms").width / 2;
    context.fillRect(x, height - foot, 1, 4);
    context.fillText(label + " ms", Math.min(Math.max(x, half), width - half), height - 2);
  }
  const cycle = toX(cycleMilliseconds);
  context.strokeStyle = context.fillStyle = colour("bad");
  context.beginPath();
  context.moveTo(cycle, top);
  context.lineTo(cycle, height - foot);
  context.stroke();
  const words = "cycle " + short(cycleMilliseconds) + " ms", half = context.measureText(words).width / 2;
  context.fillText(words, Math.min(Math.max(cycle, half), width - half), top - 3);
}

/** Draws a bar from the middle to a value, −1…1. */
function drawBar(canvas, share) {
  const { context, width, height } = prepare(canvas);
  context.fillStyle = colour("line");
  context.fillRect(0, 0, width, height);
  context.fillStyle = colour(share < 0 ? "second" : "first");
  const size = Math.abs(share) * width / 2;
  context.fillRect(share < 0 ? width / 2 - size : width / 2, 0, size, height);
}

/** An upper bound of a histogram's quantile, in milliseconds. */
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
