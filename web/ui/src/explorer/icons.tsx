// The icons of the panels, in the stroke of GraphiQL's own.
import type { ComponentPropsWithoutRef } from "react";

type Props = ComponentPropsWithoutRef<"svg">;

const stroke = { fill: "none", stroke: "currentColor", strokeWidth: 1.5, strokeLinecap: "round", strokeLinejoin: "round" } as const;

export function ExamplesIcon(props: Props) {
  return <svg viewBox="0 0 20 20" height="1em" {...props} {...stroke}><path d="M3 5h14M3 10h14M3 15h8M15 13v5M12.5 15.5h5" /></svg>;
}

export function DocumentsIcon(props: Props) {
  return <svg viewBox="0 0 20 20" height="1em" {...props} {...stroke}><path d="M4 2.5h8l4 4v11H4zM12 2.5v4h4M7 12l2 2 4-4" /></svg>;
}

export function ExplainIcon(props: Props) {
  return <svg viewBox="0 0 20 20" height="1em" {...props} {...stroke}><path d="M3 4h10M6 8.5h8M9 13h8M9 17h4" /></svg>;
}
