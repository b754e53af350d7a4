import { useState } from "react";
import { explainText, explanation, loaderText, milliseconds, nameOf, number, statementText, type Explain, type Field, type Statement } from "./explain";
import { useValue } from "./value";

// ExplainPanel draws what the newest operation cost, and why, as a tree.
export function ExplainPanel() {
  const e = useValue(explanation);
  return (
    <section aria-label="Explain" className="panel explain">
      <h2>Explain</h2>
      {e ? <Explained e={e} /> : <p>The newest answer was not explained.</p>}
    </section>
  );
}

function Explained({ e }: { e: Explain }) {
  return (
    <>
      <Summary e={e} />
      <h3>Fields</h3>
      <ul className="tree">
        {e.fields.map((f) => <FieldRow key={f.path.join(".")} field={f} whole={longest(e)} statements={e.statements} />)}
      </ul>
      <h3>Statements</h3>
      {e.statements.length === 0 ? <p>None: nothing was asked of the database.</p> : (
        <ol className="statements">
          {e.statements.map((s, i) => <StatementRow key={i} statement={s} index={i} whole={longest(e)} />)}
        </ol>
      )}
      <Copy text={explainText(e)} />
    </>
  );
}

// longest is what bars are drawn in proportion to.
function longest(e: Explain): number {
  return Math.max(e.durationMs, ...e.fields.map((f) => f.durationMs), ...e.statements.map((s) => s.durationMs), 0.001);
}

function Summary({ e }: { e: Explain }) {
  const facts: [string, string][] = [
    ["Time", milliseconds(e.durationMs)],
    ...(e.waitedMs >= 1 ? [["Waited for the database", milliseconds(e.waitedMs)] as [string, string]] : []),
    ["Statements", number(e.statements.length)],
    ["Round trips", number(e.roundTrips)],
    ["Cost", `${number(e.cost.actual)} of ${number(e.cost.estimate)} estimated`],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, text]) => <div key={name}><dt>{name}</dt><dd>{text}</dd></div>)}
    </dl>
  );
}

interface FieldProps {
  field: Field;
  whole: number;
  statements: Statement[];
}

function FieldRow({ field, whole, statements }: FieldProps) {
  const row = (
    <>
      <span className="name">{nameOf(field)}</span>
      <Bar part={field.durationMs / whole} />
      <span className="time">{milliseconds(field.durationMs)}</span>
    </>
  );
  const loaders = field.loaders.map((l, i) => <p className="loader" key={i}>{loaderText(l, statements)}</p>);
  if (field.children.length === 0) {
    return <li><div className="row leaf" title={field.path.join(".")}>{row}</div>{loaders}</li>;
  }
  return (
    <li>
      <details open>
        <summary className="row" title={field.path.join(".")}>{row}</summary>
        {loaders}
        <ul>
          {field.children.map((c) => <FieldRow key={c.path.join(".")} field={c} whole={whole} statements={statements} />)}
        </ul>
      </details>
    </li>
  );
}

interface StatementProps {
  statement: Statement;
  index: number;
  whole: number;
}

function StatementRow({ statement: s, index, whole }: StatementProps) {
  return (
    <li>
      <div className="row leaf">
        <span className="name">{index + 1}. {s.name}</span>
        <Bar part={s.durationMs / whole} />
        <span className="time">{milliseconds(s.durationMs)}</span>
      </div>
      <p className="loader">{statementText(s)}</p>
      {s.text && <Folded title="Text" text={s.text} />}
      {s.plan && <Folded title="Plan" text={s.plan} />}
    </li>
  );
}

function Folded({ title, text }: { title: string; text: string }) {
  return <details className="folded"><summary>{title}</summary><pre tabIndex={0}>{text}</pre></details>;
}

function Bar({ part }: { part: number }) {
  return <progress className="bar" value={Math.min(1, part)} max={1} aria-hidden="true" />;
}

function Copy({ text }: { text: string }) {
  const [done, setDone] = useState(false);
  const copy = () => void navigator.clipboard.writeText(text).then(() => setDone(true), () => setDone(false));
  return <button type="button" className="plain" onClick={copy}>{done ? "Copied" : "Copy as text"}</button>;
}
