// What one most often wants to know.
export const examples = {
  'Who am I': '{\n  viewer {\n    member { name role }\n    scopes\n  }\n  account { name timeZone }\n}\n',
  'What is connected': `{
  connections(first: 20) {
    nodes {
      id
      name
      status
      app { title }
      latestSnapshot { sequence finishedAt recordCount added edited moved deleted }
    }
  }
}
`,
  'What can be connected': '{\n  apps {\n    title\n    notReachable\n    kinds { name title backedUp restorable whyNot }\n  }\n}\n',
  'Walk the records': `query Walk($connection: ID!) {
  records(connectionId: $connection, roots: true, first: 20) {
    nodes {
      id
      kind
      title
      children(first: 10) { nodes { id kind title } }
    }
  }
}
`,
  'History of a record': `query History($record: ID!) {
  record(id: $record) {
    title
    versions(first: 20) {
      nodes { change changedAt changedBy changes { path kind oldValue newValue } }
    }
  }
}
`,
  'Between two snapshots': `query Between($from: ID!, $to: ID!) {
  snapshotDiff(from: $from, to: $to, first: 50) {
    nodes { kind record { kind title } changes { path kind } }
    pageInfo { hasNextPage endCursor }
  }
}
`,
  'Back up now': `mutation BackUp($connection: ID!, $key: String!) {
  backupStart(input: { connectionId: $connection, idempotencyKey: $key }) {
    operation { id status }
    userErrors { code message }
  }
}
`,
  'Follow an operation': `subscription Follow($operation: ID!) {
  operationUpdated(id: $operation) {
    status
    progress { done total note records files }
    warningCount
  }
}
`,
};
