import { explainWanted, explanation, milliseconds } from "./explain";
import { measured } from "./fetcher";
import { useValue } from "./value";

// Measure says below the answer how it came.
export function Measure() {
  const m = useValue(measured);
  const wanted = useValue(explainWanted);
  const isExplained = useValue(explanation) !== null;
  if (!m) return null;
  const parts = [`Status ${m.status}`, milliseconds(m.milliseconds), size(m.bytes)];
  if (m.document) parts.push(`registered document ${m.document}`);
  if (wanted && !isExplained && m.status === 200) parts.push("not explained: this server does not, or not to this key");
  return <p className="measure">{parts.join(" · ")}</p>;
}

function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
