import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** How the dashboard is built: into `dist/dashboard`, for any prefix, each file beside its compressed forms. */

const OUT_DIR = resolve(import.meta.dirname, "dist/dashboard");

export default defineConfig({
  root: resolve(import.meta.dirname, "src/dashboard"),
  // The prefix is a setting of the sidecar, so no path is known here.
  base: "./",
  build: {
    outDir: OUT_DIR,
    emptyOutDir: true,
    target: "es2024",
    // The Content-Security-Policy allows no data: URLs, and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // Those of the packages that are in it.
    license: { fileName: "LICENSES.md" },
  },
  plugins: [compressed()],
});

/** Writes each asset as `.br` and `.gz` too, once and as small as can be, so that no request costs the sidecar that work. */
function compressed(): Plugin {
  return {
    name: "tickbird-compressed",
    apply: "build",
    async closeBundle() {
      const folder = join(OUT_DIR, "assets");
      await Promise.all((await readdir(folder)).map((file) => compress(join(folder, file))));
    },
  };
}

async function compress(path: string): Promise<void> {
  const bytes = await readFile(path);
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  await writeFile(`${path}.br`, await promisify(brotliCompress)(bytes, { params }));
  await writeFile(`${path}.gz`, await promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }));
}
