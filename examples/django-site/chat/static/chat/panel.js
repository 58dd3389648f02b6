// A chat, on Parley's SDK.

import { ApiError, ChatClient, STATUSES } from "@parley/sdk";
import {
  browserApi,
  browserEnvironment,
  webSocketTransport,
} from "@parley/sdk/browser";

import { signIn, socketUrl } from "./parley.js";

const RETRY_MS = 10_000;
const notice = document.querySelector("#notice");
const api = browserApi();
const { user } = await whoIsHere();
const openTransport = webSocketTransport(socketUrl("/ws/chat/"));
const chat = new ChatClient(browserEnvironment({ openTransport }), api, user);
let openRoom = null;

const [find, write] = ["#find", "#write"].map((form) =>
  document.querySelector(form),
);

async function whoIsHere() {
  for (;;) {
    try {
      if ((await signIn()) === null) location.reload(); // this site knows nobody: its page says so
      const session = await api.session();
      notice.textContent = "";
      return session;
    } catch {
      notice.textContent =
        "The chat is not to be reached. It will be tried again.";
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

find.addEventListener("submit", async (event) => {
  event.preventDefault();
  const said = find.querySelector("[role=alert]");
  said.textContent = "";
  try {
    show((await chat.openDirect(find.elements.username.value)).id);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    said.textContent = [
      error.message,
      ...Object.values(error.fields).flat(),
    ].join(" ");
  }
});

write.addEventListener("submit", (event) => {
  event.preventDefault();
  chat.send(openRoom, write.elements.content.value);
  write.reset();
});

async function show(room) {
  openRoom = room;
  write.hidden = false;
  chat.watch(room); // it counts as read from now on, while somebody looks at the page
  await chat.loadNewest(room);
  draw();
}

function draw() {
  document.querySelector("#rooms").replaceChildren(...chat.rooms.map(buttonOf));
  const room = chat.room(openRoom);
  if (room === undefined) return;
  const lines = room.shown.map(({ sender, content, seq }) =>
    sender === user.id
      ? line("me", content, room.progress(seq))
      : line(nameOf(sender), content),
  );
  const drafts = chat
    .drafts(openRoom)
    .map(({ content, state }) => line("me", content, state));
  document.querySelector("#messages").replaceChildren(...lines, ...drafts);
}

function buttonOf(room) {
  const button = document.createElement("button");
  button.textContent =
    room.unread > 0 ? `${room.state.name} (${room.unread})` : room.state.name;
  button.addEventListener("click", () => show(room.id));
  return button;
}

function line(who, content, status) {
  const item = document.createElement("li");
  item.textContent = `${who}: ${content} ${status ? STATUSES[status].sign : ""}`;
  return item;
}

function nameOf(id) {
  return chat.people.nameOf(id) ?? "…";
}

for (const news of ["rooms", "room", "people"]) chat.on(news, draw);
chat.on("connection", ({ name }) => {
  if (name === "signed_out") location.reload(); // your site decides whether they come back
});
chat.on("custom", ({ name, data }) => {
  if (name !== "shop.order") return;
  notice.textContent = `On its way: ${data.what}`;
});
chat.start();
find.hidden = false;
