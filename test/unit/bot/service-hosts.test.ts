import assert from "node:assert/strict";
import { test } from "node:test";
import { ForbiddenServiceError, ServiceHosts } from "../../../bot/channel/service-hosts";

const hosts = new ServiceHosts(["smba.trafficmanager.net", "*.botframework.com", "127.0.0.1:8443"]);

test("a service on the list is let through", () => {
  const allowed = [
    "https://smba.trafficmanager.net/teams/",
    "https://SMBA.TrafficManager.net",
    "https://smba.trafficmanager.net:443/",
    "https://webchat.botframework.com/",
    "https://europe.directline.botframework.com/v3?x=https://example.com#y",
    "https://127.0.0.1:8443/",
  ];
  for (const url of allowed) hosts.check(url);
});

test("no other service is, however it is spelled", () => {
  const forbidden = [
    undefined,
    "",
    "smba.trafficmanager.net",
    "//smba.trafficmanager.net",
    "http://smba.trafficmanager.net/",
    "ftp://smba.trafficmanager.net/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://evil.trafficmanager.net/",
    "https://x.smba.trafficmanager.net/",
    "https://smba.trafficmanager.net.evil.example/",
    "https://smba.trafficmanager.net./",
    "https://smba.trafficmanager.net:8443/",
    "https://smba.trafficmanager.net@evil.example/",
    "https://smba.trafficmanager.net:x@evil.example/",
    "https://user@smba.trafficmanager.net/",
    "https://evil.example/smba.trafficmanager.net",
    "https://evil.example#smba.trafficmanager.net",
    "https://evil.example?.botframework.com",
    "https://evil.example\\.botframework.com",
    "https:\\\\evil.example/.botframework.com",
    "https://evil.example\t/.botframework.com",
    "https://smba.trafficmanager.net\n.evil.example/",
    "https://evil.example%2F.botframework.com/",
    "https://evil.example%00.botframework.com/",
    "https://botframework.com/",
    "https://evilbotframework.com/",
    "https://.botframework.com.evil.example/",
    "https://webchat.botframework.com.evil.example/",
    "https://webchat.botframework.com:444/",
    "https://webchat。botframework。com.evil.example/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://[::1]:8443/",
    "https://localhost:8443/",
  ];
  for (const url of forbidden) assert.throws(() => hosts.check(url), ForbiddenServiceError, url);
});

test("an empty list, or an empty entry, lets nothing through", () => {
  for (const list of [[], [""], [" "], ["*"], ["https://smba.trafficmanager.net"]]) {
    assert.throws(() => new ServiceHosts(list).check("https://smba.trafficmanager.net/"), ForbiddenServiceError);
  }
});

test("the refusal names the host, and nothing else of the URL", () => {
  assert.throws(
    () => hosts.check("https://user:password@evil.example:8443/secret?token=1"),
    (error: Error) =>
      /https:\/\/evil\.example:8443 /.test(error.message) && !/secret|token|password/.test(error.message),
  );
});
