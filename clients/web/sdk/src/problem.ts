/**
 * What goes wrong over HTTP: problem documents (RFC 9457), and answers that never came.
 */
/** The members of a problem document that a client acts on. */
export class ApiError extends Error {
  /** To be told from other errors where classes are lost, as in logs. */
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly fields: Readonly<Record<string, string[]>> = {},
    /** Seconds; null where the server named none. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail);
  }

  /** Whether the same request may succeed later, so that giving up would be wrong. */
  get isOutage(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

interface Problem {
  code?: string;
  title?: string;
  detail?: string;
  errors?: Record<string, string[] | string>;
  retry_after?: number;
}

/** The error that an answer tells of. */
export async function errorOf(response: Response): Promise<ApiError> {
  let problem: Problem = {};
  try {
    problem = (await response.json()) as Problem;
  } catch {
    // A gateway's own page: the status has to say it all.
  }
  const fields = Object.fromEntries(
    Object.entries(problem.errors ?? {}).map(([name, said]) => [name, [said].flat()]),
  );
  const header = Number(response.headers.get("Retry-After"));
  return new ApiError(
    response.status,
    problem.code ?? (response.status >= 500 ? "unavailable" : "unknown"),
    problem.detail ?? problem.title ?? "Something went wrong on the server.",
    fields,
    problem.retry_after ?? (header > 0 ? header : null),
  );
}
