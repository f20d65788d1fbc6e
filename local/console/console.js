const chat = document.getElementById("chat");
const outside = document.getElementById("outside");

const styleOptions = {
  accent: "#0f6cbd",
  bubbleBorderRadius: 6,
  bubbleFromUserBackground: "#e6f2fb",
  bubbleFromUserBorderColor: "#b4d6f0",
  bubbleFromUserBorderRadius: 6,
  hideUploadButton: true, // the bot supports only text
};

/** Opens a conversation and shows it. Resolves to its id. */
async function openChat() {
  const answer = await fetch("token", { method: "POST" });
  if (!answer.ok) throw new Error("The stack is still starting. Reload the page in a moment.");
  const { token, userId } = await answer.json();
  const directLine = WebChat.createDirectLine({ token, domain: new URL("v3/directline", location.href).href });
  WebChat.renderWebChat({ directLine, userID: userId, styleOptions }, chat);
  return conversationOf(directLine);
}

function conversationOf(directLine) {
  return new Promise((resolve) => {
    const online = 2;
    directLine.connectionStatus$.subscribe((status) => {
      if (status === online) resolve(directLine.conversationId);
    });
  });
}

function begin(conversation) {
  offerOutside(conversation);
  follow(conversation);
}

function offerOutside(conversation) {
  document.getElementById("command").textContent =
    `npm run cli -- send --conversation ${conversation} --text "Hello from outside"`;
  outside.querySelector("button").disabled = false;
  outside.addEventListener("submit", (event) => {
    event.preventDefault();
    send(conversation, outside.elements.text.value);
  });
}

async function send(conversation, text) {
  const answer = await fetch("send", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ conversation, text }),
  });
  const result = answer.ok
    ? "The message is on the queue."
    : `The message could not be queued: ${(await answer.json()).error}`;
  outside.querySelector("output").textContent = result;
}

/** The steps of a message, in order: the column in the table `deliveries`, and the text for it. */
const steps = {
  queuedAt: "put on the queue",
  dequeuedAt: "dequeued by the function",
  receivedAt: "received by the bot",
  sentAt: "accepted by the channel",
  failedAt: "failed",
  cancelledAt: "cancelled",
};

/** Shows the conversation's messages with their steps, and updates them every second. */
async function follow(conversation) {
  const answer = await fetch(`messages/${encodeURIComponent(conversation)}`).catch(() => undefined);
  if (answer?.ok) document.getElementById("messages").replaceChildren(...(await answer.json()).map(describe));
  setTimeout(follow, 1000, conversation);
}

function describe({ status, reason, ...times }) {
  const item = document.getElementById("message").content.cloneNode(true).firstElementChild;
  item.className = status;
  item.querySelector("strong").textContent = [status, reason].filter(Boolean).join(": ");
  for (const [step, text] of Object.entries(steps)) {
    if (!times[step]) continue;
    item.querySelector("dl").append(element("dt", timeOfDay(times[step])), element("dd", text));
  }
  return item;
}

/** `hh:mm:ss.mmm` in UTC. The queue's times have only seconds, so zero milliseconds are omitted. */
function timeOfDay(time) {
  const [, clock, milliseconds] = /T([\d:]+)\.?(\d*)Z/.exec(new Date(time).toISOString());
  return milliseconds === "000" ? clock : `${clock}.${milliseconds}`;
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

openChat().then(begin, (error) => {
  chat.innerHTML = "<p role='alert'></p>";
  chat.firstChild.textContent = error.message;
});
