/**
 * The script of the home page, signed in or not. It takes the token out of a link (`#token=…`: a fragment is never sent
 * to a server), gets a session for it, and signs in and out by the forms of the page.
 * It has no imports and no values in it: the Content-Security-Policy allows it by its hash.
 */
export const PAGE_SCRIPT = `
const form = document.getElementById("sign-in");
const field = document.getElementById("token");
const problem = document.getElementById("problem");
const signOut = document.getElementById("sign-out");

function complain(text) {
  problem.textContent = text;
  problem.hidden = text === "";
}

// Not reload(): a page that was reached by a link of another site reloads as that site's, without the cookie.
function again() {
  location.replace(location.pathname + location.search);
}

async function ask(method, token) {
  const headers = { Accept: "application/json" };
  if (token !== undefined) headers.Authorization = "Bearer " + token;
  try {
    return await fetch("session", { method, headers });
  } catch {
    return undefined;
  }
}

async function signIn(token) {
  complain("");
  if (!/^[\\x21-\\x7e]+$/.test(token)) return complain("This is no token: it has spaces or letters that none has.");
  const answer = await ask("POST", token);
  if (answer === undefined) return complain("The sidecar can't be reached. Is it running?");
  if (!answer.ok) {
    const { detail } = await answer.json().catch(() => ({}));
    return complain("Not signed in: " + (detail ?? "the sidecar answered " + answer.status + "."));
  }
  const kept = await ask("GET");
  if (kept?.ok) return again();
  complain("The token is right, but the browser did not keep the cookie. Allow cookies for this address, and use HTTPS.");
}

async function takeFragment() {
  const found = /^#token=(.*)$/.exec(location.hash);
  if (found === null) return false;
  // At once, whatever comes of it: the address bar, the history and a screenshot must not hold the token.
  history.replaceState(null, "", location.pathname + location.search);
  let token = found[1];
  try {
    token = decodeURIComponent(token);
  } catch {
    // It was not encoded, then.
  }
  await signIn(token);
  return true;
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  await signIn(field.value.trim());
  button.disabled = false;
});
signOut?.addEventListener("click", async () => {
  const answer = await ask("DELETE");
  if (answer?.ok || answer?.status === 401) return again();
  complain(answer === undefined ? "The sidecar can't be reached." : "Not signed out: it answered " + answer.status + ".");
});
addEventListener("hashchange", takeFragment);
if (!(await takeFragment()) && form !== null && "crossSite" in form.dataset) again();
`;
