// What `native.d.ts` cannot say: how objects are seen in JSON (seen.cjs), and that `new` is not for what only Cache makes. The
// documentation of the classes is there.

import * as native from '../native.js';
import type { AssessmentData } from './assess.js';
import type { ProposalData } from './retention.js';
import type { SbomData } from './sbom.js';
import type { ScannerInfo } from './scan.js';
import type { StoryData } from './story.js';

declare module '../native.js' {
  interface Approval {
    /** What `JSON.stringify` shows. It is not signed: what is carried to another machine is `toJson`. */
    toJSON(): Pick<
      Approval,
      'plan' | 'digest' | 'decision' | 'kind' | 'approver' | 'at' | 'comment' | 'expires' | 'reference'
    >;
  }
  interface Assessment {
    toJSON(): AssessmentData;
  }
  interface Carried {
    /** Without the accounts and their secrets. */
    toJSON(): Pick<Carried, 'complete' | 'receipt'>;
  }
  interface Cleaned {
    toJSON(): Record<string, unknown>;
  }
  interface Database {
    toJSON(): Pick<Database, 'digest' | 'info'>;
  }
  interface Outlook {
    toJSON(): Pick<Outlook, 'state' | 'plan' | 'verdicts'>;
  }
  interface Plan {
    /** What `JSON.stringify` shows: `data`. No plan is read of it; what is to be kept is `json`. */
    toJSON(): Record<string, unknown>;
  }
  interface Proposal {
    toJSON(): ProposalData;
  }
  interface Receipt {
    toJSON(): Record<string, unknown>;
  }
  interface Reproduction {
    toJSON(): Pick<Reproduction, 'record' | 'statement' | 'by' | 'verdicts'>;
  }
  interface Sbom {
    toJSON(): SbomData;
  }
  interface Scanner {
    toJSON(): ScannerInfo;
  }
  interface Story {
    toJSON(): StoryData;
  }
}

export class Approval extends native.Approval {
  private constructor();
}
export class Assessment extends native.Assessment {
  private constructor();
}
export class Carried extends native.Carried {
  private constructor();
}
export class Cleaned extends native.Cleaned {
  private constructor();
}
export class Database extends native.Database {
  private constructor();
}
export class Outlook extends native.Outlook {
  private constructor();
}
export class Plan extends native.Plan {
  private constructor();
}
export class Proposal extends native.Proposal {
  private constructor();
}
export class Receipt extends native.Receipt {
  private constructor();
}
export class Reproduction extends native.Reproduction {
  private constructor();
}
export class Sbom extends native.Sbom {
  private constructor();
}
export class Story extends native.Story {
  private constructor();
}
