import type { Answer } from "./answer";
import { value } from "./value";

// Explain is what extensions.explain of an answer says: what the operation cost, and why.
export interface Explain {
  durationMs: number;
  waitedMs: number; // for connections to the database
  cost: { estimate: number; actual: number };
  roundTrips: number;
  statements: Statement[];
  fields: Field[];
}

// Statement is one that was sent to the database. Its text and its plan are told to admins only.
export interface Statement {
  name: string;
  rows: number;
  durationMs: number;
  roundTrip: number; // from 0; those of one are sent together
  failed: boolean; // with its round trip
  text: string | null;
  plan: string | null;
}

// Field is a field of the operation, with what was loaded for it.
export interface Field {
  path: string[];
  durationMs: number;
  loaders: Loader[];
  children: Field[];
}

export interface Loader {
  name: string;
  keys: number;
  rows: number;
  cacheHits: number;
  unprimed: boolean; // nobody had looked ahead
  statements: number[]; // indexes of Explain.statements
}

// explainWanted says whether the user has the switch on; explanation is that of the newest operation.
export const explainWanted = value(false);
export const explanation = value<Explain | null>(null);

// explainOf returns what an answer explains; null when it does not. What is missing in it counts as nothing.
export function explainOf(answer: Answer | null): Explain | null {
  const given = answer?.extensions?.["explain"] as Partial<Explain> | undefined;
  if (typeof given !== "object" || given === null || !Array.isArray(given.fields)) return null;
  return {
    durationMs: given.durationMs ?? 0,
    waitedMs: given.waitedMs ?? 0,
    cost: { estimate: given.cost?.estimate ?? 0, actual: given.cost?.actual ?? 0 },
    roundTrips: given.roundTrips ?? 0,
    statements: (given.statements ?? []).map((s) => ({
      name: s.name ?? "?", rows: s.rows ?? 0, durationMs: s.durationMs ?? 0,
      roundTrip: s.roundTrip ?? 0, failed: s.failed ?? false, text: s.text ?? null, plan: planText(s.plan),
    })),
    fields: given.fields.map(fieldOf),
  };
}

function fieldOf(f: Partial<Field>): Field {
  return {
    path: (f.path ?? []).map(String),
    durationMs: f.durationMs ?? 0,
    loaders: (f.loaders ?? []).map((l) => ({
      name: l.name ?? "?", keys: l.keys ?? 0, rows: l.rows ?? 0, cacheHits: l.cacheHits ?? 0,
      unprimed: l.unprimed ?? false, statements: l.statements ?? [],
    })),
    children: (f.children ?? []).map(fieldOf),
  };
}

// planText returns a plan as text, whether it came as lines, as text or as JSON.
function planText(plan: unknown): string | null {
  if (plan === null || plan === undefined) return null;
  if (typeof plan === "string") return plan;
  if (Array.isArray(plan) && plan.every((line) => typeof line === "string")) return plan.join("\n");
  return JSON.stringify(plan, null, 2);
}

// explainText writes an explanation as text, for a ticket or a chat.
export function explainText(e: Explain): string {
  const lines = [summary(e), ""];
  const write = (field: Field, depth: number) => {
    const indent = "  ".repeat(depth);
    lines.push(`${indent}${nameOf(field)}  ${milliseconds(field.durationMs)}`);
    for (const loader of field.loaders) lines.push(`${indent}  · ${loaderText(loader, e.statements)}`);
    for (const child of field.children) write(child, depth + 1);
  };
  for (const field of e.fields) write(field, 0);
  lines.push("", "Statements");
  e.statements.forEach((s, i) => {
    lines.push(`  ${i + 1}. ${s.name}  ${statementText(s)}, ${milliseconds(s.durationMs)}`);
    for (const text of [s.text, s.plan]) {
      if (text) lines.push(...text.split("\n").map((line) => `       ${line}`));
    }
  });
  return lines.join("\n") + "\n";
}

// summary says the whole in one line.
export function summary(e: Explain): string {
  return `${milliseconds(e.durationMs)}, ${count(e.statements.length, "statement")} in ${count(e.roundTrips, "round trip")}, ` +
    `cost ${number(e.cost.actual)} of an estimated ${number(e.cost.estimate)}`;
}

// statementText says what a statement brought, and with which others it was sent.
export function statementText(s: Statement): string {
  return `${s.failed ? "failed" : count(s.rows, "row")}, round trip ${s.roundTrip + 1}`;
}

// loaderText says what a loader brought, and by which statements. A resolver that asks by itself goes by the name of its statement.
export function loaderText(l: Loader, statements: Statement[]): string {
  const names = l.statements.map((i) => `${statements[i]?.name ?? "?"} (${i + 1})`);
  if (names.length === 1 && names[0]?.startsWith(`${l.name} `)) return `${names[0]}: ${count(l.rows, "row")}`;
  return `${l.name}: ${count(l.keys, "key")} → ${count(l.rows, "row")}` +
    (l.cacheHits > 0 ? `, ${number(l.cacheHits)} from memory` : "") +
    (l.unprimed ? ", not looked ahead for" : "") +
    (names.length > 0 ? `, by ${names.join(", ")}` : "");
}

export function nameOf(field: Field): string {
  return field.path.at(-1) ?? "?";
}

export function milliseconds(ms: number): string {
  const digits = ms >= 100 ? 0 : ms >= 10 ? 1 : 2;
  return `${ms.toFixed(digits)} ms`;
}

export function number(n: number): string {
  return n.toLocaleString("en", { maximumFractionDigits: 2 });
}

export function count(n: number, what: string): string {
  return `${number(n)} ${what}${n === 1 ? "" : "s"}`;
}
