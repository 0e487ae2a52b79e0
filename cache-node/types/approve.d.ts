// Which approvals count, how people are asked, and what they answer.

import type { Report } from './scan.js';
import type { Demands, Identity } from './sign.js';

export type Decision = 'approve' | 'deny';
export type ApprovalKind = 'terminal' | 'callback' | 'webhook' | 'key' | 'keyless';

/**
 * A window in which nothing is executed, in a time zone such as `Europe/Berlin`: from and until a date with or without a time
 * (`2026-12-20T16:00`), or every week (`fri 16:00`).
 */
export interface Freeze {
  name: string;
  zone: string;
  from: string;
  until: string;
}

/** Until when a plan may be approved, and executed, in RFC 3339. */
export interface Deadlines {
  approveBy?: string | undefined;
  executeBy?: string | undefined;
}

/**
 * Which approvals count. Without it, the policy's `approval_policy` for the environment; without that, one person who is not the
 * requester, by any kind, within a day. Both together are refused.
 */
export interface ApprovalPolicy {
  accept?: ApprovalKind[] | undefined;
  required?: number | undefined;
  /** `key` is the person's public key in PEM, `identities` are who the person is to providers of identities. */
  approvers?: { name: string; key?: string | undefined; identities?: Identity[] | undefined }[] | undefined;
  /** Some of the approvers, of whom some must approve, by name. A person counts once, and for one group. */
  groups?: Record<string, { required: number; of: string[] }> | undefined;
  excludeRequester?: boolean | undefined;
  maxAgeSeconds?: number | undefined;
  freeze?: Freeze[] | undefined;
  /** What has to come with keyless approvals. */
  demands?: Demands | undefined;
}

/** What a person answered when shown a plan. */
export interface Answer {
  decision: Decision;
  approver: string;
  /** At most 1,000 characters; it is kept in the record. */
  comment?: string | undefined;
  /** Until when the approval counts, in RFC 3339, where that is earlier than the policy says. */
  expires?: string | undefined;
  /** What the application knows the answer by: the same answer of this person then counts once, however often it is told. */
  reference?: string | undefined;
}

/** The desk where answers arrive. They count where a service signed them. */
export interface DeskConfig {
  /** The approvers by what the services call them: `slack:U123`, or `teams:` and the id of the account in the directory. */
  people: Record<string, string>;
  /** The secret with which Slack signs its requests. */
  slackSecret?: string | undefined;
  /** The token of an outgoing webhook of Teams'. */
  teamsToken?: string | undefined;
}

/** A way to reach people. Addresses of webhooks are secrets. */
export type Channel =
  | { kind: 'slack'; url: string }
  /** `bot` is the name of the outgoing webhook that takes the answers. */
  | { kind: 'teams'; url: string; bot: string }
  /** `url` is where it takes events, if not at PagerDuty's usual address. */
  | { kind: 'pagerduty'; key: string; url?: string | undefined };

/** Whom to ask at once, and whom to wake when nobody answers. */
export interface AskConfig {
  urgency?: 'normal' | 'high' | 'critical' | undefined;
  ask: Channel[];
  alarm?: Channel | undefined;
  /** Without it after 5 and 10 minutes where it is critical, else after 15 and 30. */
  alarmAfterSeconds?: number[] | undefined;
  giveUpAfterSeconds?: number | undefined;
}

/** What a scan found of an image, which is named by its digest. */
export interface Alert {
  image: string;
  report: Report;
}

/** What is sent back to the service. */
export interface Reply {
  status: number;
  body: string;
}

/** The headers of a request: as Node has them, or as `fetch` has them. */
export type Headers = Iterable<[string, string]> | Record<string, string | string[] | undefined>;
