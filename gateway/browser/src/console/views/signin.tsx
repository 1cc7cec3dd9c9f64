import { useEffect, useRef, useState } from "preact/hooks";
import { Api, ApiError, messageOf } from "../api.js";
import type { CallerShown } from "../types.js";

interface Props {
  /** Why there is nobody signed in, if it is worth saying. */
  reason: string;
  onSignedIn: (key: string, caller: CallerShown) => void;
}

export async function identify(key: string): Promise<CallerShown> {
  // A header takes nothing else, and `fetch` would only say that it failed.
  if (!/^[\x21-\x7e]+$/.test(key)) throw new ApiError("A key or token has no spaces and no special letters.", 0);
  const refusals = new Map([
    [401, "That key or token is not valid."],
    [403, "That is valid, but the console is for operators, support and admins."],
  ]);
  return new Api(key, (...given) => fetch(...given)).caller().catch((error: unknown) => {
    const status = error instanceof ApiError ? error.status : 0;
    throw refusals.has(status) ? new ApiError(refusals.get(status)!, status) : error;
  });
}

export function SignIn({ reason, onSignedIn }: Props) {
  const [error, setError] = useState(reason);
  const [busy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const key = input.current!.value.trim();
    setBusy(true);
    setError("");
    try {
      onSignedIn(key, await identify(key));
    } catch (failed) {
      setError(messageOf(failed));
      input.current?.select();
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class="signin">
      <form class="card" onSubmit={(event) => void onSubmit(event)}>
        <span class="brand">
          <span class="brand-mark" aria-hidden="true" />
          Pavilion console
        </span>
        <h1>Sign in</h1>
        <p class="quiet">With the key of an operator, of support or of an admin, or with an access token of that role. It stays in this tab, and is forgotten with it.</p>
        <label>
          <span>Key or token</span>
          <input ref={input} type="password" name="key" autocomplete="off" spellcheck={false} required aria-invalid={error !== ""} aria-describedby="signin-error" />
        </label>
        <p id="signin-error" class="bad" role="alert">
          {error}
        </p>
        <button class="button primary" disabled={busy}>
          {busy ? "Asking…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
