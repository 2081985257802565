const DIGEST = `sha256:${'0a'.repeat(32)}`

/** A value of the chart's, and what it does to the objects of the chart as it is. Objects are written as `Kind/name`. */
export interface ChartSwitch {
  /** `a.b=c` of each, as --set takes them. */
  set: readonly string[]
  /** Objects that there are then only. */
  adds?: readonly string[]
  /** Objects that there are no longer. */
  takes?: readonly string[]
  /** What an object's JSON has then, and had not before. */
  shows?: readonly (readonly [object: string, text: string])[]
  /** What an object's JSON had before, and has not then. */
  hides?: readonly (readonly [object: string, text: string])[]
}

const AGENT = 'DaemonSet/oomkeeper-agent'
const OPERATOR = 'Deployment/oomkeeper-operator'
const NATS = 'StatefulSet/oomkeeper-nats'
const KEYS = 'Job/oomkeeper-keys'
const UNINSTALL = 'Job/oomkeeper-uninstall'
const NATS_CONFIG = 'ConfigMap/oomkeeper-nats'
const OPERATOR_ROLE = 'ClusterRole/oomkeeper-operator'
const KEYS_HOOK = ['ServiceAccount', 'Role', 'RoleBinding', 'Job'].map((kind) => `${kind}/oomkeeper-keys`)
const TEST = 'Pod/oomkeeper-test'
const PODS = [AGENT, OPERATOR, NATS, KEYS, UNINSTALL, TEST]
const PROGRAMS = [AGENT, OPERATOR, KEYS, UNINSTALL, TEST]

const all = (objects: readonly string[], text: string): [string, string][] => objects.map((object) => [object, text])
/** A value that is an argument of one program. */
const flag = (object: string, value: string, text: string): ChartSwitch => ({ set: [value], shows: [[object, text]] })

const IMAGES: readonly ChartSwitch[] = [
  {
    set: ['global.imageRegistry=registry.example:5000/mirror'],
    shows: [
      ...all(PROGRAMS, '"image":"registry.example:5000/mirror/oomkeeper/oomkeeper:'),
      [NATS, '"image":"registry.example:5000/mirror/library/nats:2.15.2"'],
    ],
    hides: [...all(PROGRAMS, 'ghcr.io'), [NATS, 'docker.io']],
  },
  {
    set: ['global.imagePullSecrets[0].name=theirs', 'imagePullSecrets[0].name=ours'],
    shows: all(PODS, '"imagePullSecrets":[{"name":"theirs"},{"name":"ours"}]'),
  },
  { set: ['podLabels.team=nodes'], shows: all(PODS, '"team":"nodes"') },
  { set: ['image.repository=localhost/mine'], shows: all(PROGRAMS, '"image":"localhost/mine:') },
  { set: ['image.tag=edge'], shows: all(PROGRAMS, '"image":"ghcr.io/oomkeeper/oomkeeper:edge"') },
  {
    set: [`image.digest=${DIGEST}`, 'image.tag=edge'],
    shows: all(PROGRAMS, `"image":"ghcr.io/oomkeeper/oomkeeper@${DIGEST}"`),
  },
  { set: ['image.pullPolicy=Always'], shows: all(PROGRAMS, '"imagePullPolicy":"Always"') },
  { set: ['nats.image.repository=mine/nats'], shows: [[NATS, '"image":"mine/nats:2.15.2"']] },
  { set: ['nats.image.tag=2.15.3'], shows: [[NATS, '"image":"docker.io/library/nats:2.15.3"']] },
  {
    set: [`nats.image.digest=${DIGEST}`, 'global.imageRegistry=registry.example'],
    shows: [[NATS, `"image":"registry.example/library/nats@${DIGEST}"`]],
  },
  { set: ['nats.image.pullPolicy=Never'], shows: [[NATS, '"imagePullPolicy":"Never"']] },
]

const AGENTS: readonly ChartSwitch[] = [
  {
    set: ['agent.mode=detect'],
    shows: [
      [AGENT, '"--mode=detect"'],
      [AGENT, '"mountPath":"/host/cgroup","name":"cgroup","readOnly":true'],
    ],
  },
  { set: ['agent.mode=raise'], shows: [[AGENT, '"--mode=raise"']], hides: [[AGENT, '+sys_resource']] },
  {
    set: ['agent.privileged=false', 'agent.kmsgDevice=devices.example/kmsg'],
    shows: [
      [AGENT, '"devices.example/kmsg":"1"'],
      [AGENT, '"add":["SYSLOG","DAC_OVERRIDE","SYS_PTRACE","SYS_RESOURCE"]'],
      [AGENT, '"allowPrivilegeEscalation":false'],
    ],
    hides: [
      [AGENT, '"privileged":true'],
      [AGENT, '/usr/bin/setpriv'],
      [AGENT, '"path":"/dev/kmsg"'],
    ],
  },
  {
    set: ['agent.privileged=false', 'agent.kmsgDevice=d.example/kmsg', 'agent.seLinuxOptions.type=spc_t'],
    shows: [[AGENT, '"seLinuxOptions":{"type":"spc_t"}']],
  },
  {
    set: ['agent.privileged=false', 'agent.kmsgDevice=d.example/kmsg', 'agent.appArmorProfile.type=Unconfined'],
    shows: [[AGENT, '"appArmorProfile":{"type":"Unconfined"}']],
  },
  {
    set: ['agent.mode=detect', 'agent.hostPID=false'],
    shows: [
      [AGENT, '"--proc=/host/proc"'],
      [AGENT, '"hostPath":{"path":"/proc"'],
    ],
    hides: [[AGENT, '"hostPID":true']],
  },
  flag(OPERATOR, 'policies.enabled=false', '"--policies=off"'),
  flag(AGENT, 'agent.logLevel=debug', '"--log-level=debug"'),
  flag(AGENT, 'agent.stateFolder=/var/mnt/oomkeeper', '"hostPath":{"path":"/var/mnt/oomkeeper"'),
  flag(AGENT, 'agent.spoolMaxBytes=1048576', '"--spool-max-bytes=1048576"'),
  flag(AGENT, 'agent.nodeCgroup=/docker/abc', '"--node-cgroup=/docker/abc"'),
  flag(AGENT, 'agent.cgroupFolder=/cgroup', '"hostPath":{"path":"/cgroup"'),
  {
    set: ['agent.port=9999'],
    shows: [
      [AGENT, '"--listen=$(POD_IP):9999"'],
      [AGENT, '"containerPort":9999'],
    ],
  },
  { set: ['agent.priorityClassName='], hides: [[AGENT, 'priorityClassName']] },
  flag(AGENT, 'agent.nodeSelector.pool=a', '"pool":"a"'),
  flag(AGENT, 'agent.tolerations[0].key=only', '"tolerations":[{"key":"only"}]'),
  flag(AGENT, 'agent.maxUnavailable=1', '"maxUnavailable":1'),
  flag(AGENT, 'agent.podAnnotations.a=b', '"annotations":{"a":"b"}'),
  flag(AGENT, 'agent.resources.limits.memory=200Mi', '"limits":{"memory":"200Mi"}'),
]

const OPERATORS: readonly ChartSwitch[] = [
  flag(OPERATOR, 'operator.replicas=3', '"replicas":3'),
  flag(OPERATOR, 'operator.logLevel=debug', '"--log-level=debug"'),
  {
    set: ['operator.port=9999'],
    shows: [
      [OPERATOR, '"--listen=$(POD_IP):9999"'],
      [OPERATOR, '"containerPort":9999'],
    ],
  },
  flag(OPERATOR, 'operator.streamMaxBytes=1048576', '"--stream-max-bytes=1048576"'),
  flag(OPERATOR, 'operator.kubernetesEvents=false', '"--kubernetes-events=off"'),
  flag(OPERATOR, 'operator.writesPerSecond=7', '"--writes-per-second=7"'),
  flag(OPERATOR, 'operator.writesInFlight=7', '"--writes-in-flight=7"'),
  flag(OPERATOR, 'operator.webhookPatienceSeconds=7', '"--webhook-patience-seconds=7"'),
  flag(OPERATOR, 'operator.protectedMemoryPercent=7', '"--protected-memory-percent=7"'),
  flag(OPERATOR, 'operator.rollbackWindowSeconds=0', '"--rollback-window-seconds=0"'),
  flag(OPERATOR, 'operator.floodKeepOutSeconds=0', '"--flood-keep-out-seconds=0"'),
  flag(OPERATOR, 'operator.reportMaxAgeDays=7', '"--report-max-age-days=7"'),
  flag(OPERATOR, 'operator.reportsPerNamespace=7', '"--reports-per-namespace=7"'),
  flag(OPERATOR, 'operator.reportsTotal=7', '"--reports-total=7"'),
  flag(OPERATOR, 'operator.priorityClassName=high', '"priorityClassName":"high"'),
  {
    set: ['operator.ownerKinds[0].apiGroup=argoproj.io', 'operator.ownerKinds[0].resource=rollouts'],
    shows: [[OPERATOR_ROLE, '{"apiGroups":["argoproj.io"],"resources":["rollouts"],"verbs":["get"]}']],
  },
  { set: ['operator.nodeSelector.pool=a'], shows: all([OPERATOR, KEYS, UNINSTALL, TEST], '"pool":"a"') },
  {
    set: ['operator.tolerations[0].key=only'],
    shows: all([OPERATOR, KEYS, UNINSTALL, TEST], '"tolerations":[{"key":"only"}]'),
  },
  flag(OPERATOR, 'operator.podAnnotations.a=b', '"annotations":{"a":"b"}'),
  flag(OPERATOR, 'operator.resources.limits.memory=600Mi', '"limits":{"memory":"600Mi"}'),
]

const EMBEDDED_NATS = [NATS, NATS_CONFIG, 'Service/oomkeeper-nats', 'ServiceAccount/oomkeeper-nats']

const NATS_SERVERS: readonly ChartSwitch[] = [
  {
    set: ['nats.auth=token'],
    shows: [
      [AGENT, '"--nats-password-file=/run/nats/agent-password"'],
      [OPERATOR, '"--nats-password-file=/run/nats/operator-password"'],
      [KEYS, '"--auth=token"'],
    ],
    hides: [
      [AGENT, 'serviceAccountToken'],
      [OPERATOR_ROLE, 'tokenreviews'],
      [NATS_CONFIG, 'auth_callout'],
    ],
  },
  flag(OPERATOR, 'nats.loginAddress=any', '"--login-address=any"'),
  {
    set: ['nats.externalUrl=tls://nats.example:4443', 'nats.existingSecret=mine'],
    takes: [...EMBEDDED_NATS, ...KEYS_HOOK],
    shows: [
      ...all([AGENT, OPERATOR, UNINSTALL], '"--nats-url=tls://nats.example:4443"'),
      ...all([OPERATOR, UNINSTALL], '"name":"mine"'),
    ],
    hides: all([AGENT, OPERATOR, UNINSTALL], '--nats-ca-file'),
  },
  {
    set: ['nats.externalUrl=tls://nats.example:4443', 'nats.existingSecret=mine', 'nats.tls.existingSecret=authority'],
    takes: [...EMBEDDED_NATS, ...KEYS_HOOK],
    shows: all(
      [AGENT, OPERATOR, UNINSTALL],
      '{"secret":{"items":[{"key":"ca.crt","path":"ca.crt"}],"name":"authority"',
    ),
  },
  {
    set: ['nats.existingSecret=mine'],
    takes: KEYS_HOOK,
    shows: [
      [OPERATOR, '"name":"mine"'],
      [NATS, '"secretName":"mine"'],
      [NATS, '"secretKeyRef":{"key":"issuer-public","name":"mine"}'],
    ],
  },
  {
    set: ['nats.auth=token', 'nats.agentUser=nodes', 'nats.operatorUser=reader'],
    shows: [
      [AGENT, '"--nats-user=nodes"'],
      [OPERATOR, '"--nats-user=reader"'],
      [NATS_CONFIG, 'user: \\"nodes\\"'],
      [NATS_CONFIG, 'user: \\"reader\\"'],
    ],
  },
  {
    set: ['nats.replicas=3'],
    adds: ['Service/oomkeeper-nats-routes', 'PodDisruptionBudget/oomkeeper-nats'],
    shows: [
      [NATS, '"replicas":3'],
      [NATS, '"podManagementPolicy":"Parallel"'],
      [NATS, '"topologyKey":"kubernetes.io/hostname","whenUnsatisfiable":"DoNotSchedule"'],
      [NATS_CONFIG, 'routes: [ $ROUTE_0, $ROUTE_1, $ROUTE_2 ]'],
      [OPERATOR, '"--stream-replicas=3"'],
    ],
  },
  {
    set: ['nats.tls.enabled=false'],
    shows: all([AGENT, OPERATOR, UNINSTALL], '"--nats-url=nats://'),
    hides: [
      ...all([AGENT, OPERATOR, UNINSTALL], '--nats-ca-file'),
      ...all([AGENT, OPERATOR, UNINSTALL, NATS], 'ca.crt'),
      [NATS_CONFIG, 'tls {'],
      [KEYS, '--tls-names'],
    ],
  },
  {
    set: ['nats.tls.existingSecret=mine'],
    shows: [
      [NATS, '"secretName":"mine"'],
      ...all([AGENT, OPERATOR, UNINSTALL], '{"items":[{"key":"ca.crt","path":"ca.crt"}],"name":"mine"'),
    ],
    hides: [[KEYS, '--tls-names']],
  },
  {
    set: ['nats.maxFileStore=9GB', 'nats.persistence.size=10Gi'],
    shows: [[NATS_CONFIG, 'max_file_store: 9GB']],
  },
  {
    set: ['nats.persistence.enabled=false'],
    shows: [[NATS, '"emptyDir":{}']],
    hides: [[NATS, 'volumeClaimTemplates']],
  },
  flag(NATS, 'nats.persistence.size=9Gi', '"storage":"9Gi"'),
  flag(NATS, 'nats.persistence.storageClassName=fast', '"storageClassName":"fast"'),
  flag(NATS, 'nats.priorityClassName=high', '"priorityClassName":"high"'),
  flag(NATS, 'nats.podAnnotations.a=b', '"a":"b"'),
  flag(NATS, 'nats.nodeSelector.pool=a', '"pool":"a"'),
  flag(NATS, 'nats.tolerations[0].key=only', '"tolerations":[{"key":"only"}]'),
  {
    set: ['nats.resources.limits.memory=600Mi'],
    shows: [
      [NATS, '"limits":{"memory":"600Mi"}'],
      [NATS, `"name":"GOMEMLIMIT","value":"${600 * 1024 ** 2 * 0.9}"`],
    ],
  },
  { set: ['nats.resources.limits=null'], hides: [[NATS, 'GOMEMLIMIT']] },
]

const networkPolicies = ['agent', 'operator', 'nats', 'keys', 'uninstall', 'test'].map(
  (component) => `NetworkPolicy/oomkeeper-${component}`,
)

const CLUSTER: readonly ChartSwitch[] = [
  {
    set: ['crds.install=false'],
    takes: ['nodeoomreports', 'oompolicies', 'oomreports'].map(
      (kind) => `CustomResourceDefinition/${kind}.oomkeeper.io`,
    ),
  },
  {
    set: ['userRoles.enabled=false'],
    takes: ['view', 'edit', 'policies'].map((role) => `ClusterRole/oomkeeper-${role}`),
  },
  { set: ['networkPolicy.enabled=true'], adds: networkPolicies },
  {
    set: [
      'networkPolicy.enabled=true',
      'networkPolicy.metricsFrom[0].namespaceSelector.matchLabels.team=watchers',
      'networkPolicy.natsFrom[0].podSelector.matchLabels.app=backup',
      'networkPolicy.apiserverPorts={8443}',
      'networkPolicy.dnsPorts={1053}',
    ],
    adds: networkPolicies,
    shows: [
      ...all(networkPolicies.slice(0, 2), '"team":"watchers"'),
      ['NetworkPolicy/oomkeeper-nats', '"app":"backup"'],
      ['NetworkPolicy/oomkeeper-operator', '"port":8443'],
      ...all([networkPolicies[0] ?? '', networkPolicies[3] ?? ''], '"port":1053'),
    ],
  },
  {
    set: ['openshift.enabled=true'],
    adds: ['privileged', 'nonroot', 'keys'].map((name) => `RoleBinding/oomkeeper-scc-${name}`),
  },
]

const MONITORING: readonly ChartSwitch[] = [
  {
    set: ['podMonitor.enabled=true', 'podMonitor.interval=1m', 'podMonitor.labels.release=p'],
    adds: ['PodMonitor/oomkeeper'],
    shows: all(['PodMonitor/oomkeeper'], '"interval":"1m"'),
  },
  {
    set: ['serviceMonitor.enabled=true', 'serviceMonitor.interval=1m', 'serviceMonitor.labels.release=p'],
    adds: ['ServiceMonitor/oomkeeper', 'Service/oomkeeper-agent-metrics', 'Service/oomkeeper-operator-metrics'],
    shows: [
      ['ServiceMonitor/oomkeeper', '"interval":"1m"'],
      ['ServiceMonitor/oomkeeper', '"release":"p"'],
    ],
  },
  {
    set: ['prometheusRule.enabled=true', 'prometheusRule.runbookUrl=https://wiki.example', 'prometheusRule.labels.a=b'],
    adds: ['PrometheusRule/oomkeeper'],
    shows: all(['PrometheusRule/oomkeeper'], 'https://wiki.example#'),
  },
  {
    set: ['grafanaDashboard.enabled=true', 'grafanaDashboard.labels.a=b', 'grafanaDashboard.annotations.folder=oom'],
    adds: ['ConfigMap/oomkeeper-dashboard'],
    shows: all(['ConfigMap/oomkeeper-dashboard'], '"folder":"oom"'),
  },
]

/** Every value of the chart, save its names. */
export const CHART_SWITCHES = [...IMAGES, ...AGENTS, ...OPERATORS, ...NATS_SERVERS, ...CLUSTER, ...MONITORING]
