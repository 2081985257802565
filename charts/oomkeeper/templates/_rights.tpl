{{/*
What the agent may do beside what root may without any capability (docs/security.md):
SYSLOG: read /dev/kmsg where kernel.dmesg_restrict is set. DAC_OVERRIDE: write the score of another user's process.
SYS_PTRACE: see the program and the namespaces of one. SYS_RESOURCE: lower a score.
*/}}
{{- define "oomkeeper.agentCapabilities" -}}
- SYSLOG
{{- if ne .Values.agent.mode "detect" }}
- DAC_OVERRIDE
- SYS_PTRACE
{{- end }}
{{- if eq .Values.agent.mode "full" }}
- SYS_RESOURCE
{{- end }}
{{- end -}}

{{/* A privileged container has every capability: before the agent's first line is read, all but those of its mode are dropped for good. */}}
{{- define "oomkeeper.agentCommand" -}}
{{- if .Values.agent.privileged -}}
command:
  - /usr/bin/setpriv
  - --no-new-privs
  - --inh-caps=-all
  - --ambient-caps=-all
  - --bounding-set=-all{{ range include "oomkeeper.agentCapabilities" . | fromYamlArray }},+{{ lower . }}{{ end }}
  - /nodejs/bin/node
{{- end -}}
{{- end -}}

{{- define "oomkeeper.agentSecurity" -}}
{{- if .Values.agent.privileged -}}
# The device cgroup lets only a privileged container open /dev/kmsg, whatever its capabilities; and only
# such a one sees the host's cgroup paths in /proc/PID/cgroup on cgroup v2.
privileged: true
{{- else -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
  add: {{ include "oomkeeper.agentCapabilities" . | fromYamlArray | toJson }}
seccompProfile: { type: RuntimeDefault }
{{- with .Values.agent.seLinuxOptions }}
seLinuxOptions: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.agent.appArmorProfile }}
appArmorProfile: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
readOnlyRootFilesystem: true
runAsUser: 0
runAsGroup: 0
{{- end -}}

{{/* A device plugin, or CDI, gives /dev/kmsg as one of what the container asks for. */}}
{{- define "oomkeeper.agentResources" -}}
{{- $resources := deepCopy .Values.agent.resources -}}
{{- if .Values.agent.privileged -}}
{{- with .Values.agent.kmsgDevice }}{{ fail (printf "agent.kmsgDevice: expected agent.privileged=false with it, a privileged container has the device already; got %s" .) }}{{ end -}}
{{- else -}}
{{- $device := required "agent.privileged=false: expected agent.kmsgDevice too, the resource by which a device plugin gives /dev/kmsg: without it the device cgroup refuses the kernel's log" .Values.agent.kmsgDevice -}}
{{- $_ := set $resources "limits" (merge (dict $device "1") (default dict $resources.limits)) -}}
{{- end -}}
{{- toYaml $resources -}}
{{- end -}}
