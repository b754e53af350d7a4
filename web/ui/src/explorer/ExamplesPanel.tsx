import { examples } from "./examples";
import { open } from "./open";

// ExamplesPanel lists the examples, for those who have closed or changed their tabs.
export function ExamplesPanel() {
  return (
    <section aria-label="Examples" className="panel">
      <h2>Examples</h2>
      <p>Each opens in a tab of its own. They have an answer on any data.</p>
      <ul className="documents">
        {examples.map((example) => {
          const [says = "", ...lines] = example.query.split("\n");
          const name = /query (\w+)/.exec(lines.join("\n"))?.[1] ?? "";
          return (
            <li key={name}>
              <button type="button" className="plain" onClick={() => open.set({ ...example })}>{name}</button>
              <span>{says.replace(/^#\s*/, "")}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
