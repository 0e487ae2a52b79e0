// Who said yes, and in which words, as the systems tell it.

/** The reviews of a run of GitHub Actions (`GET /repos/…/actions/runs/…/approvals`) that let it into an environment. */
export function fromReviews(reviews, environment, where) {
  return reviews
    .filter(({ state, environments }) => state === 'approved' && environments.some(({ name }) => name === environment))
    .map(({ user, comment }) => ({ approver: user.login, words: comment, where }));
}

/** The people who approved an `ApprovalTask` of OpenShift Pipelines; nobody where it was not approved as a whole. */
export function fromApprovalTask({ metadata, status }) {
  if (status?.state !== 'approved') return [];
  const people = (status.approversResponse ?? []).flatMap((one) =>
    one.type === 'Group' ? (one.groupMembers ?? []) : [one],
  );
  return people
    .filter(({ response }) => response === 'approved')
    .map(({ name, message }) => ({
      approver: name,
      words: message,
      where: `ApprovalTask ${metadata.namespace}/${metadata.name}`,
    }));
}
