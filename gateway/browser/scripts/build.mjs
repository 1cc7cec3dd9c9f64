// gateway/page from the sources; `--check` says whether the files there are, byte for byte, what the sources make.
// It is what the gateway serves: client/ at /client, demo/ at / and /page, console/ at /console.

import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = fileURLToPath(new URL("../../page", import.meta.url));

// Each file but the console, which stands alone, imports the one before it from where that one is served.
const ENTRIES = [
  { from: "client/index.ts", to: "client/pavilion-client.js", imports: {} },
  { from: "inbox/index.ts", to: "client/pavilion-inbox.js", imports: { "@pavilion/client": "./pavilion-client.js" } },
  {
    from: "page/page.ts",
    to: "demo/page.js",
    imports: {
      "@pavilion/client": "../client/pavilion-client.js",
      "@pavilion/client/inbox": "../client/pavilion-inbox.js",
    },
  },
  { from: "console/main.tsx", to: "console/console.js", imports: {} },
];
const COPIES = [
  ["page/index.html", "demo/index.html"],
  ["page/page.css", "demo/page.css"],
  ["console/index.html", "console/index.html"],
  ["console/console.css", "console/console.css"],
  ["console/graph.css", "console/graph.css"],
];

async function make(directory) {
  await rm(directory, { recursive: true, force: true });
  for (const { from, to, imports } of ENTRIES) {
    await build({
      root,
      configFile: false,
      logLevel: "warn",
      build: {
        outDir: directory,
        emptyOutDir: false,
        target: "es2022",
        minify: "esbuild",
        modulePreload: false,
        lib: { entry: join(root, "src", from), formats: ["es"], fileName: () => to },
        rollupOptions: { external: Object.keys(imports), output: { paths: imports } },
      },
    });
  }
  for (const [from, to] of COPIES) await cp(join(root, "src", from), join(directory, to));
}

async function files(directory) {
  const found = new Map();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    found.set(path.slice(directory.length + 1), await readFile(path));
  }
  return found;
}

async function differences() {
  const directory = await mkdtemp(join(tmpdir(), "pavilion-page-"));
  try {
    await make(directory);
    const [wanted, found] = [await files(directory), await files(target)];
    return [...new Set([...wanted.keys(), ...found.keys()])].filter(
      (name) => !(wanted.has(name) && found.has(name) && wanted.get(name).equals(found.get(name))),
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

if (process.argv.includes("--check")) {
  const wrong = await differences();
  if (wrong.length > 0) {
    console.error(`gateway/page is not what the sources build (${wrong.sort().join(", ")}): run \`make browser\``);
    process.exit(1);
  }
} else {
  await make(target);
}
