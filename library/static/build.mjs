// Builds library/static/dist from library/static/src: hashed names, a manifest, compressed twins; does nothing when no input changed.
import { createHash } from "node:crypto";
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { icons } from "./icons.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, "..", "..");
const SOURCE = join(HERE, "src");
const TARGET = join(HERE, "dist");
const PACKAGES = join(ROOT, "node_modules");
const BROWSERS = ["chrome100", "edge100", "firefox100", "safari15"];
const SWAGGER = ["swagger-ui.css", "swagger-ui-bundle.js"];

const INLINED = /url\((?:"((?:[^"\\]|\\.)*)"|([^)"]*))\)/g;

const digest = (content, length) => createHash("sha256").update(content).digest("hex").slice(0, length);

async function filesUnder(folder) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort();
}

async function stamp() {
  const inputs = [...(await filesUnder(SOURCE)), fileURLToPath(import.meta.url), join(HERE, "icons.mjs"), join(ROOT, "package-lock.json")];
  const hash = createHash("sha256");
  for (const path of inputs) hash.update(relative(ROOT, path)).update("\0").update(await readFile(path)).update("\0");
  return hash.digest("hex");
}

async function isBuilt(current) {
  try {
    await access(join(TARGET, "manifest.json"));
    return (await readFile(join(TARGET, ".stamp"), "utf8")) === current;
  } catch {
    return false;
  }
}

function luminance([red, green, blue]) {
  const linear = [red, green, blue].map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

function rgb(hue, saturation, lightness) {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const channel = (n) => {
    const k = (n + hue / 30) % 12;
    return lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1));
  };
  return [channel(0), channel(8), channel(4)];
}

const hex = (parts) => "#" + parts.map((part) => Math.round(part * 255).toString(16).padStart(2, "0")).join("");

// Equal contrast with white, not equal lightness: a yellow and a violet of one HSL lightness are not equally readable.
function coverColour(hue, saturation, contrast) {
  const wanted = 1.05 / contrast - 0.05;
  let [low, high] = [0, 1];
  for (let step = 0; step < 24; step += 1) {
    const middle = (low + high) / 2;
    if (luminance(rgb(hue, saturation, middle)) > wanted) high = middle;
    else low = middle;
  }
  return hex(rgb(hue, saturation, low));
}

async function tokenSheet() {
  const ours = JSON.parse(await readFile(join(SOURCE, "css", "tokens.json"), "utf8"));
  const published = await readFile(join(PACKAGES, "@digital-go-jp/design-tokens/dist/tokens.css"), "utf8");
  const known = new Map([...published.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name, value]));
  const value = (name) => {
    if (name.startsWith("#")) return name;
    const found = known.get(`color-${name}`);
    if (!found) throw new Error(`The design tokens know no colour ${name}`);
    return found;
  };
  const theme = (colours) => Object.entries(colours).map(([name, token]) => `--${name}:${value(token)};`).join("");
  const scale = [...known].filter(([name]) => /^(border-radius|font-size)-/.test(name)).map(([name, size]) => `--${name}:${size};`).join("");
  const covers = Object.entries(ours.covers).map(
    ([mark, hue]) =>
      `.ndc-${mark}{--cover:${coverColour(hue, 0.34, 6.4)}}.ndc-${mark}.juvenile{--cover:${coverColour(hue, 0.56, 4.9)}}`,
  );
  const dark = `color-scheme:dark;${theme(ours.dark)}`;
  return [
    `:root{color-scheme:light;${theme(ours.light)}${scale}}`,
    `@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){${dark}}}`,
    `@media screen{:root[data-theme=dark]{${dark}}}`,
    // A card is read by scanners, so it stays paper whatever the theme.
    `.on-paper{color-scheme:light;${theme(ours.light)}}`,
    ...covers,
  ].join("\n");
}

const tokens = {
  name: "tokens",
  setup(build) {
    build.onResolve({ filter: /^tokens$/ }, () => ({ path: "tokens", namespace: "tokens" }));
    build.onLoad({ filter: /.*/, namespace: "tokens" }, async () => ({ contents: await tokenSheet(), loader: "css" }));
  },
};

async function topLevel(folder, extension) {
  const names = await readdir(join(SOURCE, folder));
  return names.filter((name) => extname(name) === extension).sort().map((name) => join(SOURCE, folder, name));
}

async function bundles() {
  const { build } = await import("esbuild");
  const result = await build({
    entryPoints: [...(await topLevel("css", ".css")), ...(await topLevel("js", ".js"))],
    outdir: TARGET,
    entryNames: "[name]",
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: BROWSERS,
    charset: "utf8",
    legalComments: "none",
    plugins: [tokens],
    logLevel: "warning",
  });
  return result.outputFiles.map((file) => [basename(file.path), Buffer.from(file.contents)]);
}

// The pages allow no data: addresses, so the viewer's inlined pictures become files of their own.
async function documentation() {
  const found = await Promise.all(SWAGGER.map(async (name) => [name, await readFile(join(PACKAGES, "swagger-ui-dist", name))]));
  const sheet = found.find(([name]) => name.endsWith(".css"));
  const pictures = [];
  sheet[1] = Buffer.from(
    sheet[1].toString().replace(INLINED, (whole, quoted, bare) => {
      const [, kind, coding, data] = /^data:image\/([a-z]+)[^,]*?(;base64)?,(.*)$/s.exec((quoted ?? bare).replaceAll("\\", "")) ?? [];
      if (!kind) return whole;
      const picture = coding ? Buffer.from(data, "base64") : Buffer.from(decodeURIComponent(data));
      const [name, extension] = [`swagger-${digest(picture, 8)}`, kind.replace("jpeg", "jpg")];
      pictures.push([`${name}.${extension}`, picture]);
      return `url(${name}.${digest(picture, 8)}.${extension})`;
    }),
  );
  return [...found, ...pictures];
}

async function assets() {
  const found = await bundles();
  found.push(["htmx.js", await readFile(join(PACKAGES, "htmx.org/dist/htmx.min.js"))]);
  found.push(...(await documentation()));
  for (const path of await filesUnder(join(SOURCE, "icons"))) found.push([basename(path), await readFile(path)]);
  found.push(...icons(await readFile(join(SOURCE, "icons", "favicon.svg"), "utf8")));
  return found;
}

async function put(name, content) {
  await writeFile(join(TARGET, name), content);
  if (content.length < 1024 || [".png", ".jpg"].includes(extname(name))) return [];
  const quality = content.length > 400_000 ? 9 : 11; // the top setting takes seconds on the documentation page's script
  await writeFile(join(TARGET, `${name}.br`), brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }));
  await writeFile(join(TARGET, `${name}.gz`), gzipSync(content, { level: 9 }));
  return [`${name}.br`, `${name}.gz`];
}

// The page for the moment when nothing else works: its links are fixed here, since no template engine will run.
async function lastResort(manifest) {
  const page = await readFile(join(SOURCE, "500.html"), "utf8");
  return Object.entries(manifest).reduce((text, [name, hashed]) => text.replaceAll(`/static/${name}"`, `/static/${hashed}"`), page);
}

async function main() {
  const started = performance.now();
  const current = await stamp();
  if (!process.argv.includes("--force") && (await isBuilt(current))) return console.log("The front end is up to date.");
  await mkdir(TARGET, { recursive: true });
  const manifest = {};
  const kept = new Set(["manifest.json", ".stamp", "500.html"]);
  for (const [name, content] of await assets()) {
    const extension = extname(name);
    const hashed = `${basename(name, extension)}.${digest(content, 8)}${extension}`;
    manifest[name] = hashed;
    for (const written of [hashed, ...(await put(hashed, content))]) kept.add(written);
  }
  await writeFile(join(TARGET, "500.html"), await lastResort(manifest));
  // The manifest moves into place last, so that a running server never reads a name whose file is not there yet.
  await writeFile(join(TARGET, "manifest.new"), JSON.stringify(manifest, null, 2) + "\n");
  await rename(join(TARGET, "manifest.new"), join(TARGET, "manifest.json"));
  for (const name of await readdir(TARGET)) if (!kept.has(name)) await rm(join(TARGET, name), { recursive: true });
  await writeFile(join(TARGET, ".stamp"), current);
  return console.log(`Built ${Object.keys(manifest).length} files in ${Math.round(performance.now() - started)} ms.`);
}

await main();
