import { isExecuted, registered, type RegisteredDocument } from "./documents";
import { open } from "./open";
import { useValue } from "./value";

// DocumentsPanel lists what the caller's client has registered.
export function DocumentsPanel() {
  const { client, documents } = useValue(registered);
  return (
    <section aria-label="Registered documents" className="panel">
      <h2>Registered documents</h2>
      <p>{client ? <>Those of the client <b>{client}</b>.</> : "Those of this client."} A document that is opened and not changed is called by its id.</p>
      <ul className="documents">
        {documents.map((d) => <DocumentRow key={d.id} document={d} />)}
      </ul>
    </section>
  );
}

function DocumentRow({ document: d }: { document: RegisteredDocument }) {
  const name = d.operations.join(", ") || d.id;
  return (
    <li>
      <button type="button" className="plain" onClick={() => open.set({ query: d.text })} disabled={!isExecuted(d)}>{name}</button>
      <span className={`state ${d.state}`}>{d.state}{d.state === "retiring" && d.retireOn ? ` on ${d.retireOn.slice(0, 10)}` : ""}</span>
      <code>{d.id}</code>
    </li>
  );
}
