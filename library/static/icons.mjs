// Draws favicon.svg as PNG, for home screens, which take no SVG. It knows what our mark is made of (rectangles with round corners,
// closed paths of straight lines) and refuses anything else, so that a new mark cannot be drawn wrong unseen.
import { crc32, deflateSync } from "node:zlib";

const UNIT = 32; // the view box of the mark
const FINE = 4; // samples a pixel along each side
const TRANSPARENT = [0, 0, 0, 0];
const WHITE = [255, 255, 255, 255];

// Name, side, ground, and the share of the side that the mark takes: a maskable icon may lose all but a circle of 80 %.
const WANTED = [
  ["icon-192.png", 192, TRANSPARENT, 1],
  ["icon-512.png", 512, TRANSPARENT, 1],
  ["icon-maskable-512.png", 512, WHITE, 0.62],
  ["apple-touch-icon.png", 180, WHITE, 0.78],
];

const colour = (fill) => [1, 3, 5].map((at) => Number.parseInt(fill.slice(at, at + 2), 16));

function roundedRectangle({ x, y, width, height, rx = 0 }) {
  const [left, top, right, bottom, radius] = [x, y, x + width, y + height, rx];
  return (px, py) => {
    const dx = Math.max(left + radius - px, 0, px - (right - radius));
    const dy = Math.max(top + radius - py, 0, py - (bottom - radius));
    return radius ? dx * dx + dy * dy <= radius * radius : px >= left && px <= right && py >= top && py <= bottom;
  };
}

function polygon(path) {
  const drawn = /^m([-\d.\s]+)z$/.exec(path);
  if (!drawn) throw new Error(`The mark has a path that is no polygon: ${path}`);
  const numbers = [...drawn[1].matchAll(/-?\d+(?:\.\d+)?/g)].map(([number]) => Number(number));
  const corners = [];
  for (let at = 0; at < numbers.length; at += 2) {
    const [x, y] = corners.at(-1) ?? [0, 0];
    corners.push([x + numbers[at], y + numbers[at + 1]]);
  }
  return (px, py) => {
    let inside = false;
    corners.forEach(([x, y], at) => {
      const [fromX, fromY] = corners.at(at - 1);
      if (y > py !== fromY > py && px < ((fromX - x) * (py - y)) / (fromY - y) + x) inside = !inside;
    });
    return inside;
  };
}

function shapes(svg) {
  const found = [...svg.matchAll(/<(\w+)((?:\s+[\w-]+="[^"]*")*)\s*\/?>/g)].map(([, name, written]) => [
    name,
    Object.fromEntries([...written.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value])),
  ]);
  const [[root, { viewBox }], ...drawn] = found;
  if (root !== "svg" || viewBox !== `0 0 ${UNIT} ${UNIT}`) throw new Error("The mark has another view box");
  return drawn.map(([name, { fill, d, ...sides }]) => {
    if (name !== "rect" && name !== "path") throw new Error(`The mark holds a <${name}>`);
    const numbers = Object.fromEntries(Object.entries(sides).map(([key, value]) => [key, Number(value)]));
    return { colour: colour(fill), covers: name === "rect" ? roundedRectangle(numbers) : polygon(d) };
  });
}

function paint(drawn, side, ground, share) {
  const pixels = Buffer.alloc(side * side * 4);
  const scale = UNIT / (side * share);
  const edge = (side * (1 - share)) / 2;
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) pixels.set(pixel(drawn, ground, column - edge, row - edge, scale), (row * side + column) * 4);
  }
  return pixels;
}

function pixel(drawn, ground, left, top, scale) {
  let [red, green, blue, alpha] = ground.map((part, at) => (at === 3 ? part / 255 : part));
  for (const shape of drawn) {
    let hits = 0;
    for (let sample = 0; sample < FINE * FINE; sample += 1) {
      const x = (left + ((sample % FINE) + 0.5) / FINE) * scale;
      const y = (top + (Math.floor(sample / FINE) + 0.5) / FINE) * scale;
      if (shape.covers(x, y)) hits += 1;
    }
    const cover = hits / (FINE * FINE);
    if (cover === 0) continue;
    const whole = cover + alpha * (1 - cover);
    const over = (mine, below) => (mine * cover + below * alpha * (1 - cover)) / whole;
    [red, green, blue, alpha] = [over(shape.colour[0], red), over(shape.colour[1], green), over(shape.colour[2], blue), whole];
  }
  return [red, green, blue, alpha * 255].map(Math.round);
}

function chunk(kind, content) {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function png(pixels, side) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 6], 8); // eight bits each of red, green, blue and alpha
  const rows = Buffer.alloc(side * (side * 4 + 1)); // each row begins with its filter: none
  for (let row = 0; row < side; row += 1) pixels.copy(rows, row * (side * 4 + 1) + 1, row * side * 4, (row + 1) * side * 4);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}

export function icons(svg) {
  const drawn = shapes(svg);
  return WANTED.map(([name, side, ground, share]) => [name, png(paint(drawn, side, ground, share), side)]);
}
