// What `native.d.ts` cannot say of the classes that only Cache makes: `new` is not for them. Documentation is there.

import * as native from '../native.js';

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
