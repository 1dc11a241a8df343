// One application from search to result with the typed client: `make clients`, `portal start --json > portal.json`,
// then as the README of this folder says.
import { readFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { paths } from "./portal.js";

const { url, people } = JSON.parse(readFileSync("portal.json", "utf8"));

// What was answered; a refusal is an RFC 9457 problem, with what to do in `todo`.
function answer<T>(asked: { data?: T; error?: unknown }): T {
  if (asked.data === undefined) throw asked.error;
  return asked.data;
}

async function signedIn(person: { username: string; password: string }) {
  const { username, password } = person;
  const session = answer(await createClient<paths>({ baseUrl: url }).POST("/sessions", { body: { username, password } }));
  return createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${session.access_token}` } });
}

const header = () => ({ "Idempotency-Key": crypto.randomUUID() });
const citizen = await signedIn(people.citizens[0]);
const intake = await signedIn(people.officials.intake_officer);
const officer = await signedIn(people.officials.case_officer);
const approver = await signedIn(people.officials.approver);

const found = answer(await citizen.GET("/procedures", { params: { query: { text: "ban sao tu so goc", limit: 1 } } }));
const procedure_code = found.items[0]!.code;
const started = answer(
  await citizen.POST("/applications", { params: { header: header() }, body: { procedure_code, channel: "online" } }),
);
const write = () => ({ params: { path: { application_id: started.application_id }, header: header() } });

const answers = {
  full_name: "Nguyễn Thị Mẫu", citizen_number: "001190999901", birth_date: "1990-05-17", phone: "0912345678",
  address: "Số 1, đường Mẫu", document: "Bằng tốt nghiệp", copies: 1,
};
answer(await citizen.PUT("/applications/{application_id}/answers", { ...write(), body: { answers } }));
answer(await citizen.POST("/applications/{application_id}/submission", write()));
const accepted = answer(await intake.POST("/applications/{application_id}/acceptance", write()));
answer(
  await approver.POST("/applications/{application_id}/assignment", {
    ...write(),
    body: { officer_id: people.officials.case_officer.account_id },
  }),
);
answer(
  await officer.POST("/applications/{application_id}/proposal", {
    ...write(),
    body: { outcome: "approve", reason: "Đủ điều kiện" },
  }),
);
answer(
  await approver.POST("/applications/{application_id}/approval", { ...write(), body: { result: "Bản sao từ sổ gốc" } }),
);
answer(await citizen.PUT("/applications/{application_id}/delivery", { ...write(), body: { method: "counter" } }));
const returned = answer(
  await intake.POST("/applications/{application_id}/result-return", { ...write(), body: { method: "counter" } }),
);
console.log(started.reference, accepted.due_at, returned.status);
