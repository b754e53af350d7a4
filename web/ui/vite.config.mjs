import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

// GraphiQL's style sheet has 0.3 MB of fonts in it, as data URLs. The system's fonts are there already, and the policy of
// the page needs no font-src.
const withoutFonts = {
  name: "without-fonts",
  enforce: "pre",
  transform(code, id) {
    if (!id.endsWith("/graphiql/dist/style.css")) return null;
    return { code: code.replace(/@font-face\s*\{[^}]*\}/g, ""), map: null };
  },
};

// Parts of GraphiQL that screen readers are misled by: tabs with a button for closing inside, which tabs must not have, and a
// label that hides the name of what it is on. A patch that does not fit any more fails the build.
const patches = {
  "/@graphiql/react/dist/ui/tabs.js": [
    ['"aria-selected": isActive, role: "tab"', '"aria-current": isActive, role: "listitem"'],
    ['role: "tablist"', 'role: "list"'],
  ],
  "/@graphiql/plugin-history/dist/components.js": [['"aria-label": "Set active", ', ""]],
  "/graphiql/dist/GraphiQL.js": [['role: "tabpanel", ', 'role: "region", ']],
};

const accessible = {
  name: "accessible",
  enforce: "pre",
  transform(code, id) {
    const [, pairs] = Object.entries(patches).find(([file]) => id.endsWith(`/node_modules${file}`)) ?? [];
    if (!pairs) return null;
    for (const [from, to] of pairs) {
      if (!code.includes(from)) this.error(`${id} has no ${from}`);
      code = code.replace(from, () => to);
    }
    return { code, map: null };
  },
};

// Collects the licences of what ends up in the build: most ask for their text to be handed on.
const licences = {
  name: "licences",
  generateBundle(_, bundle) {
    const folders = new Map();
    for (const chunk of Object.values(bundle)) {
      for (const id of chunk.moduleIds ?? []) {
        const found = /^\0?(.*\/node_modules\/((?:@[^/]+\/)?[^/?]+))/.exec(id);
        if (found) folders.set(found[2], found[1]);
      }
    }
    const texts = [...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, folder]) => {
      const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
      const file = existsSync(folder) && readdirSync(folder).sort().find((entry) => /^licen[cs]e/i.test(entry));
      const text = file ? readFileSync(`${folder}/${file}`, "utf8").trim() : "";
      return `${name} ${version} (${license})\n\n${text}\n`;
    });
    this.emitFile({ type: "asset", fileName: "licences.txt", source: texts.join(`\n${"-".repeat(72)}\n\n`) });
  },
};

export default defineConfig({
  plugins: [withoutFonts, accessible, licences],
  resolve: {
    alias: {
      // It adds <style> elements, for which the policy of the page would need 'unsafe-inline' or a nonce.
      "react-style-singleton": here("src/stubs/react-style-singleton.ts"),
    },
  },
  build: {
    target: "es2022",
    outDir: process.env.OUT_DIR ?? "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 3000,
    rollupOptions: {
      onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning), // "use client"
      input: { index: here("index.html"), graphiql: here("graphiql.html") },
      output: {
        // One request for all that GraphiQL loads piece by piece.
        manualChunks: (id) => (id.includes("/node_modules/") && !id.includes("/uplot/") ? "vendor" : undefined),
      },
    },
  },
  // For npm run dev beside a server on its default port.
  server: { proxy: { "/graphql": "http://127.0.0.1:8080" } },
});
