import { useEffect, useRef, useState, type FormEvent } from "react";
import { connection } from "./connection";
import { explainWanted } from "./explain";
import { apiKey, isSendable, setKey } from "./key";
import { notice } from "./notice";
import { useValue } from "./value";

// Header stands above GraphiQL: the way home, the switch of Explain, the key.
export function Header() {
  const wanted = useValue(explainWanted);
  return (
    <header className="bar-above">
      <a className="brand" href="/">corpintel</a>
      <State />
      <label className="switch" title="Ask the server what an operation costs, and why, where it tells.">
        <input type="checkbox" role="switch" checked={wanted} onChange={(e) => explainWanted.set(e.currentTarget.checked)} />
        Explain
      </label>
      <KeyField />
    </header>
  );
}

function State() {
  const state = useValue(connection);
  const text = { there: "Connected", away: "No server", back: "Connected" }[state];
  return <span className={`connection ${state}`}><span className="dot" aria-hidden="true" /><span className="text">{text}</span></span>;
}

// KeyField takes the API key. It is opened by hand, or because the server demands one.
function KeyField() {
  const key = useValue(apiKey);
  const demanded = useValue(notice)?.kind === "key";
  const [opened, setOpened] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const shown = opened || demanded;
  const [fault, setFault] = useState("");
  useEffect(() => {
    if (opened) input.current?.focus();
  }, [opened]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const given = input.current?.value.trim() ?? "";
    if (given && !isSendable(given)) return setFault("A key has letters, digits and signs only, without spaces.");
    setFault("");
    setOpened(false);
    if (notice.get()?.kind === "key") notice.set(null);
    setKey(given);
  };
  const remove = () => {
    if (input.current) input.current.value = "";
    setFault("");
    setOpened(false);
    if (notice.get()?.kind === "key") notice.set(null);
    setKey("");
  };

  if (!shown) {
    return (
      <button type="button" className="key" onClick={() => setOpened(true)} aria-label={key ? "API key is set" : "API key"}>
        {key ? "API key ✓" : "API key"}
      </button>
    );
  }
  return (
    <form className="key" onSubmit={submit} onKeyDown={(e) => e.key === "Escape" && setOpened(false)}>
      <input ref={input} type="password" defaultValue={key} placeholder="API key" aria-label="API key" autoComplete="off"
        spellCheck={false} aria-describedby="key-note" aria-invalid={fault !== ""} />
      <button type="submit">Use</button>
      {key && <button type="button" className="quiet" onClick={remove}>Remove</button>}
      <p id="key-note" role={fault ? "alert" : undefined}>{fault || "Kept until this browser tab is closed, and nowhere else."}</p>
    </form>
  );
}
