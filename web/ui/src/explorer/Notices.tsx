import { useEffect, useState } from "react";
import { connection } from "./connection";
import { registered } from "./documents";
import { notice, type Notice } from "./notice";
import { documentsTitle, showPanel } from "./panels";
import { useValue } from "./value";

// Notices says, in a sentence above the editors, what is wrong with more than one operation, and what to do about it.
export function Notices() {
  const state = useValue(connection);
  const current = useValue(notice);
  return (
    <div className="notices" role="status" aria-live="polite">
      {state === "away" && (
        <p className="notice bad">The server cannot be reached. It is looked for every few seconds, and this goes away when it is back.</p>
      )}
      {state === "back" && <p className="notice good">The server is back.</p>}
      {state !== "away" && current && <NoticeLine notice={current} />}
    </div>
  );
}

function NoticeLine({ notice: n }: { notice: Notice }) {
  const hasDocuments = useValue(registered).documents.length > 0;
  return (
    <p className="notice bad">
      {n.text} {n.until !== undefined && <Countdown until={n.until} />}
      {n.kind === "documents" && hasDocuments && (
        <button type="button" onClick={() => showPanel(documentsTitle)}>Show them</button>
      )}
      <button type="button" className="quiet" aria-label="Close this notice" onClick={() => notice.set(null)}>✕</button>
    </p>
  );
}

// Countdown says for how long to wait. Only the minute that is left is read out, not each of its seconds.
function Countdown({ until }: { until: number }) {
  const [left, setLeft] = useState(() => secondsUntil(until));
  useEffect(() => {
    setLeft(secondsUntil(until));
    const timer = setInterval(() => setLeft(secondsUntil(until)), 500);
    return () => clearInterval(timer);
  }, [until]);
  return <b aria-live="off">{left > 0 ? `Try again in ${left} s.` : "Try again now."}</b>;
}

function secondsUntil(moment: number): number {
  return Math.max(0, Math.ceil((moment - Date.now()) / 1000));
}
