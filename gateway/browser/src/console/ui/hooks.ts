import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { messageOf } from "../api.js";
import type { Model } from "../model.js";
import type { Store } from "../store.js";

export const ModelContext = createContext<Model | null>(null);

export function useModel(): Model {
  return useContext(ModelContext)!;
}

export function useStore<T>(store: Store<T>): T {
  const [value, set] = useState(() => store.value);
  useEffect(() => {
    set(() => store.value);
    return store.subscribe(() => set(() => store.value));
  }, [store]);
  return value;
}

export interface Loaded<T> {
  value: T | null;
  error: string;
  busy: boolean;
  again: () => void;
}

/** Asks at first and whenever `key` changes; of several answers only that of the last question counts. */
export function useLoaded<T>(key: string, ask: () => Promise<T>): Loaded<T> {
  const [round, setRound] = useState(0);
  const [found, setFound] = useState<{ key: string; value: T | null; error: string; busy: boolean }>({
    key,
    value: null,
    error: "",
    busy: true,
  });
  useEffect(() => {
    let last = true;
    setFound((before) => ({ key, value: before.key === key ? before.value : null, error: "", busy: true }));
    ask().then(
      (value) => last && setFound({ key, value, error: "", busy: false }),
      (error: unknown) => last && setFound({ key, value: null, error: messageOf(error), busy: false }),
    );
    return () => {
      last = false;
    };
  }, [key, round]);
  const current = found.key === key ? found : { value: null, error: "", busy: true };
  return { value: current.value, error: current.error, busy: current.busy, again: () => setRound((one) => one + 1) };
}
