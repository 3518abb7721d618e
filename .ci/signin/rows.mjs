// The output of these programs: one row for each check, "pass" or "fail", a tab
// and the name of the check.

// attempt runs one check, which fails if it throws. It returns the result of the
// check.
export async function attempt(name, check) {
  try {
    const result = await check();
    console.log(`pass\t${name}`);
    return result;
  } catch (error) {
    console.log(`fail\t${name}: ${String(error?.stack ?? error).replace(/\s+/g, " ").slice(0, 400)}`);
    return undefined;
  }
}

export function need(truth, message) {
  if (!truth) throw new Error(message);
}

// fails returns the error of a promise that must fail.
export async function fails(promise, message) {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  need(error, message);
  return error;
}

// post sends a request to the deployment's control URL and returns its response.
export const control = (place) => ({
  post: async (path) => {
    const response = await fetch(place.control + path, { method: "POST" });
    need(response.ok, `${path}: ${response.status} ${await response.text()}`);
  },
  keys: async (user) => Number(await (await fetch(`${place.control}/keys?user=${user}`)).text()),
});
