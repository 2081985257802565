{{/* With the longest of what follows it (-operator-metrics, of a Service) 63 characters at most. */}}
{{- define "oomkeeper.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 46 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 46 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 46 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What a pod is selected by: never changes. Call with (list $ "agent"). */}}
{{- define "oomkeeper.selector" -}}
{{- $ := index . 0 -}}
app.kubernetes.io/name: {{ default $.Chart.Name $.Values.nameOverride }}
app.kubernetes.io/instance: {{ $.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* Of a pod: nothing that changes with the chart's version, which would replace every pod for the same image. */}}
{{- define "oomkeeper.podLabels" -}}
{{- $ := index . 0 -}}
{{ include "oomkeeper.selector" . }}
app.kubernetes.io/part-of: oomkeeper
{{- $own := deepCopy $.Values.podLabels -}}
{{- if has (index . 1) (list "keys" "uninstall" "test") -}}
{{- /* A pod that a mesh gives a proxy does not end with its program. */ -}}
{{- $_ := set $own "sidecar.istio.io/inject" "false" -}}
{{- end -}}
{{- with $own }}
{{ toYaml . }}
{{- end -}}
{{- end -}}

{{/* Linkerd goes by an annotation. */}}
{{- define "oomkeeper.noProxy" -}}
linkerd.io/inject: disabled
{{- end -}}

{{- define "oomkeeper.labels" -}}
{{- $ := index . 0 -}}
{{ include "oomkeeper.selector" . }}
app.kubernetes.io/part-of: oomkeeper
app.kubernetes.io/version: {{ $.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $.Chart.Name $.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* How many bytes a size is that Kubernetes ("1.5Gi", "500M") or nats-server ("3GB", of 1024 each) takes. */}}
{{- define "oomkeeper.bytes" -}}
{{- $size := kindIs "string" . | ternary (toString .) (. | int64 | toString) -}}
{{- $number := regexFind "^[0-9]+([.][0-9]+)?" $size -}}
{{- $unit := trimPrefix $number $size -}}
{{- $powers := dict "" 0 "k" 1 "M" 2 "G" 3 "T" 4 "P" 5 "Ki" 1 "Mi" 2 "Gi" 3 "Ti" 4 "Pi" 5 "MB" 2 "GB" 3 -}}
{{- if or (not $number) (not (hasKey $powers $unit)) -}}
{{- fail (printf "expected a size as 512Mi, got %s" $size) -}}
{{- end -}}
{{- $bytes := float64 $number -}}
{{- range until (get $powers $unit) -}}
{{- $bytes = mulf $bytes (ternary 1000 1024 (eq (len $unit) 1)) -}}
{{- end -}}
{{- int64 $bytes -}}
{{- end -}}

{{/* Every image of the chart: by digest where one is given, from global.imageRegistry where that is. Call with (list $ image). */}}
{{- define "oomkeeper.imageOf" -}}
{{- $ := index . 0 -}}
{{- $image := index . 1 -}}
{{- $repository := $image.repository -}}
{{- with $.Values.global.imageRegistry -}}
{{- /* As docker does: what stands before the first slash is a registry if it looks like a host. */ -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" .) (regexReplaceAll "^([^/]*[.:][^/]*|localhost)/" $repository "") -}}
{{- end -}}
{{- if $image.digest -}}
{{ $repository }}@{{ $image.digest }}
{{- else -}}
{{ $repository }}:{{ default $.Chart.AppVersion $image.tag }}
{{- end -}}
{{- end -}}

{{- define "oomkeeper.image" -}}
{{- include "oomkeeper.imageOf" (list $ .Values.image) -}}
{{- end -}}

{{/* Those of the chart and those of a chart around it. */}}
{{- define "oomkeeper.pullSecrets" -}}
{{- concat (default list .Values.global.imagePullSecrets) .Values.imagePullSecrets | uniq | toYaml -}}
{{- end -}}

{{- define "oomkeeper.natsUrl" -}}
{{- $scheme := ternary "tls" "nats" .Values.nats.tls.enabled -}}
{{- default (printf "%s://%s-nats.%s.svc:4222" $scheme (include "oomkeeper.fullname" .) .Release.Namespace) .Values.nats.externalUrl -}}
{{- end -}}

{{/* The Secret with the server's certificate and its authority; empty where there is none of ours. */}}
{{- define "oomkeeper.tlsSecret" -}}
{{- if .Values.nats.tls.existingSecret -}}
{{- .Values.nats.tls.existingSecret -}}
{{- else if and .Values.nats.tls.enabled (not .Values.nats.externalUrl) -}}
{{- include "oomkeeper.natsSecret" . -}}
{{- end -}}
{{- end -}}

{{/* What a program needs to know the server again. */}}
{{- define "oomkeeper.natsCaFlag" -}}
{{- if include "oomkeeper.tlsSecret" . -}}
- --nats-ca-file=/run/nats/ca.crt
{{- end -}}
{{- end -}}

{{/* The Secret of NATS: its keys or its passwords. */}}
{{- define "oomkeeper.natsSecret" -}}
{{- if .Values.nats.existingSecret -}}
{{- .Values.nats.existingSecret -}}
{{- else if .Values.nats.externalUrl -}}
{{- fail "nats.externalUrl is set: expected nats.existingSecret too, the name of a Secret with the keys (nats.auth: callout) or passwords (token) for that server, got nothing" -}}
{{- else -}}
{{- include "oomkeeper.fullname" . }}-nats
{{- end -}}
{{- end -}}

{{/*
Keys of that Secret as files of a volume, and no others, with the authority of the server's certificate. Call with (dict "root" $ "keys"
names), and "optional" true where a Secret may be missing; without keys, the agent's token is in their place: all that it can prove is which pod it is, and on which node, to NATS. At the apiserver it is
good for nothing.
*/}}
{{- define "oomkeeper.natsVolume" -}}
name: nats
projected:
  defaultMode: 288 # 0440
  sources:
    {{- with .keys }}
    - secret:
        name: {{ include "oomkeeper.natsSecret" $.root }}
        {{- if $.optional }}
        optional: true
        {{- end }}
        items:
          {{- range . }}
          - { key: {{ . }}, path: {{ . }} }
          {{- end }}
    {{- else }}
    - serviceAccountToken: { audience: oomkeeper-nats, expirationSeconds: 3600, path: token }
    {{- end }}
    {{- with include "oomkeeper.tlsSecret" .root }}
    - secret:
        name: {{ . }}
        {{- if $.optional }}
        optional: true
        {{- end }}
        items: [{ key: ca.crt, path: ca.crt }]
    {{- end }}
{{- end -}}

{{/* How the operator, and the hook that gives scores back, log in to NATS. */}}
{{- define "oomkeeper.operatorLogin" -}}
{{- if eq .Values.nats.auth "callout" -}}
- --nats-seed-file=/run/nats/operator-seed
{{- else -}}
- --nats-user={{ .Values.nats.operatorUser }}
- --nats-password-file=/run/nats/operator-password
{{- end -}}
{{- end -}}

{{- define "oomkeeper.probes" -}}
livenessProbe:
  httpGet: { path: /livez, port: health }
  periodSeconds: 20
  timeoutSeconds: 5
readinessProbe:
  httpGet: { path: /readyz, port: health }
  periodSeconds: 5
  timeoutSeconds: 5
{{- end -}}

{{- define "oomkeeper.restricted" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end -}}

{{/* Of a pod that needs nothing of its node. */}}
{{- define "oomkeeper.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/* A program can end only after its last look-up: with a silent DNS that takes 8 s at most, not 40. */}}
{{- define "oomkeeper.dnsConfig" -}}
options:
  - { name: timeout, value: '1' }
  - { name: attempts, value: '2' }
{{- end -}}


{{- define "oomkeeper.testHook" }}
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}
