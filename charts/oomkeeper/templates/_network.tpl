{{/* Rules of NetworkPolicies. Who may read metrics: call with (list $ port). */}}
{{- define "oomkeeper.metricsIngress" -}}
- ports: [{ protocol: TCP, port: {{ index . 1 }} }]
  {{- with (index . 0).Values.networkPolicy.metricsFrom }}
  from: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "oomkeeper.dnsEgress" -}}
- ports:
    {{- range .Values.networkPolicy.dnsPorts }}
    - { protocol: UDP, port: {{ int . }} }
    - { protocol: TCP, port: {{ int . }} }
    {{- end }}
{{- end -}}

{{/* To anywhere: no selector can name the apiserver. */}}
{{- define "oomkeeper.apiserverEgress" -}}
- ports:
    {{- range .Values.networkPolicy.apiserverPorts }}
    - { protocol: TCP, port: {{ int . }} }
    {{- end }}
{{- end -}}

{{- define "oomkeeper.natsEgress" -}}
{{- if .Values.nats.externalUrl -}}
- ports: [{ protocol: TCP, port: {{ regexFind ":[0-9]+$" .Values.nats.externalUrl | trimPrefix ":" | default "4222" }} }]
{{- else -}}
- ports: [{ protocol: TCP, port: 4222 }]
  to:
    - podSelector:
        matchLabels: {{- include "oomkeeper.selector" (list $ "nats") | nindent 10 }}
{{- end }}
{{- end -}}
