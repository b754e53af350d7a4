import { useSyncExternalStore } from "react";

// Value is something that changes and that others look at: what is beside React sets it, components read it.
export interface Value<T> {
  get(): T;
  set(next: T): void;
  subscribe(listener: () => void): () => void;
}

export function value<T>(initial: T): Value<T> {
  let current = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => current,
    set(next) {
      if (Object.is(next, current)) return;
      current = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

// useValue returns what v is, and renders anew when that changes.
export function useValue<T>(v: Value<T>): T {
  return useSyncExternalStore(v.subscribe, v.get);
}
