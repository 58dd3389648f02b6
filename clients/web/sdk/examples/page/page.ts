/**
 * A page that chats, without a framework: sign in, open a conversation, write; who types, how far one's
 * messages have come, and what went wrong.
 *
 * The client says that something changed, and all of the page is drawn anew from what it knows.
 */
import { ApiError, ChatClient, STATUSES } from "@parley/sdk";
import type { Draft, Message, Room, Session, Status } from "@parley/sdk";
import { IndexedStore, browserApi, browserEnvironment } from "@parley/sdk/browser";

const api = browserApi();
const store = new IndexedStore();
let chat: ChatClient | null = null;
let openRoom: string | null = null;

const main = element("main");
const signIn = formAt("#sign-in");
const find = formAt("#find");
const write = formAt("#write");

// Who is signed in already goes on where they were: what is kept is there before the server answers.
api.session().then(begin, showSignIn);

signIn.addEventListener("submit", (event) => {
  const how = (event.submitter as HTMLButtonElement).value;
  const [username, password] = [valueOf(signIn, "username"), valueOf(signIn, "password")];
  void trying(signIn, event, async () => {
    begin(
      how === "register"
        ? await api.register(username, password, username)
        : await api.login(username, password),
    );
  });
});

find.addEventListener("submit", (event) => {
  const username = valueOf(find, "username");
  void trying(find, event, async () => {
    const room = await chat?.openDirect(username);
    if (room !== undefined) await show(room.id);
  });
});

write.addEventListener("input", () => {
  if (openRoom !== null) chat?.company.type(openRoom);
});

write.addEventListener("submit", (event) => {
  event.preventDefault();
  // It is shown and kept at once, and on its way from then on: there is nothing to wait for.
  if (openRoom !== null) chat?.send(openRoom, valueOf(write, "content"));
  write.reset();
});

element("#sign-out").addEventListener("click", () => {
  void api.logout().then(() => chat?.connection.expire());
});

/** Chat as whoever has signed in. */
function begin({ user }: Session): void {
  const client = new ChatClient(browserEnvironment({ store }), api, user);
  for (const news of ["rooms", "room", "people", "typing", "connection"] as const)
    client.on(news, draw);
  client.on("connection", ({ name }) => {
    if (name === "signed_out") end(client);
  });
  chat = client;
  signIn.hidden = true;
  main.hidden = false;
  client.start();
}

/** The sign-in is over, by the button or by the server: whoever sits here next finds nothing. */
function end(client: ChatClient): void {
  client.close();
  void store.forget(client.me.id);
  chat = openRoom = null;
  main.hidden = true;
  showSignIn();
}

function showSignIn(): void {
  signIn.hidden = false;
}

/** Show a room. What is in it counts as read from now on, while somebody looks at the page. */
async function show(room: string): Promise<void> {
  openRoom = room;
  chat?.watch(room);
  draw();
  await chat?.loadNewest(room);
}

function draw(): void {
  if (chat === null) return;
  const { rooms, company, people, connection } = chat;
  const room = openRoom === null ? undefined : chat.room(openRoom);
  element("#state").textContent = connection.state.name;
  element("#rooms").replaceChildren(...rooms.map(rowOf));
  const typists = room === undefined ? [] : company.typistsIn(room.id);
  element("#typing").textContent = typists.map((id) => `${people.nameOf(id) ?? "…"} types`).join();
  write.hidden = room === undefined;
  if (room === undefined) return;
  const messages = room.shown.map((message) => lineOf(room, message));
  element("#messages").replaceChildren(...messages, ...chat.drafts(room.id).map(lineOfDraft));
}

function rowOf({ id, state, unread }: Room): HTMLElement {
  const row = document.createElement("button");
  row.textContent = unread > 0 ? `${state.name} (${unread})` : state.name;
  row.setAttribute("aria-current", String(id === openRoom));
  row.addEventListener("click", () => void show(id));
  return row;
}

function lineOf(room: Room, { sender, content, seq }: Message): HTMLElement {
  return sender === chat?.me.id ? line(content, room.progress(seq)) : line(content);
}

/** What the server does not have yet; where it failed, a button tries again. */
function lineOfDraft({ client_id, content, state, reason }: Draft): HTMLElement {
  const drawn = line(content, state);
  if (state !== "failed") return drawn;
  const again = document.createElement("button");
  again.textContent = `Try again: ${reason ?? ""}`;
  again.addEventListener("click", () => chat?.retry(client_id));
  drawn.append(again);
  return drawn;
}

/** A message is text, whatever stands in it. */
function line(content: string, status?: Status): HTMLElement {
  const drawn = document.createElement("li");
  drawn.append(content);
  if (status === undefined) return drawn;
  const sign = document.createElement("span");
  sign.className = "sign";
  sign.textContent = STATUSES[status].sign;
  sign.title = STATUSES[status].label;
  drawn.append(sign);
  drawn.dataset["state"] = status;
  return drawn;
}

/** Do what a form asks for, and say below it what went wrong. */
async function trying(
  form: HTMLFormElement,
  event: Event,
  act: () => Promise<void>,
): Promise<void> {
  event.preventDefault();
  const said = element("[role=alert]", form);
  said.textContent = "";
  try {
    await act();
    form.reset();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    said.textContent = [error.message, ...Object.values(error.fields).flat()].join(" ");
  }
}

function valueOf(form: HTMLFormElement, name: string): string {
  return (form.elements.namedItem(name) as HTMLInputElement).value;
}

function formAt(selector: string): HTMLFormElement {
  return element(selector) as HTMLFormElement;
}

function element(selector: string, within: ParentNode = document): HTMLElement {
  const found = within.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`The page has no ${selector}.`);
  return found;
}
