{{- define "sidegate.name" -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "sidegate.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sidegate.labels" -}}
{{ include "sidegate.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "sidegate.image" -}}
{{- with .Values.gate.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "sidegate.mostReplicas" -}}
{{- if .Values.autoscaling.enabled }}{{ .Values.autoscaling.maxReplicas }}{{ else }}{{ .Values.replicas }}{{ end -}}
{{- end }}

{{/* Whether an address of Redis is among the gate's variables, as far as this chart sets them. */}}
{{- define "sidegate.hasRedis" -}}
{{- $names := keys .Values.config -}}
{{- range .Values.gate.extraEnv }}{{ $names = append $names .name }}{{ end -}}
{{- range $names }}{{ if regexMatch "^OAUTH2_PROXY_REDIS_([A-Z]+_)*CONNECTION_URLS?$" . }}true{{ end }}{{ end -}}
{{- end }}

{{- define "sidegate.checkReplicas" -}}
{{- $most := include "sidegate.mostReplicas" . | int -}}
{{- if and (gt $most 1) (not (include "sidegate.hasRedis" .)) (not .Values.allowSeveralReplicas) -}}
{{- fail (printf "\n\nUp to %d pods would refresh sessions each by itself. A provider that ends a session when a refresh token comes twice signs people out then. Do one of these:\n  - give OAUTH2_PROXY_REDIS_CONNECTION_URL in gate.extraEnv (from a Secret) or config, so that pods share refreshes;\n  - keep one pod: replicas=1, autoscaling.enabled=false;\n  - say that this is safe at your provider: allowSeveralReplicas=true (values.yaml says when it is).\n" $most) -}}
{{- end -}}
{{- end }}

{{- define "sidegate.checkMetrics" -}}
{{- with .Values.metrics -}}
{{- if and .serviceMonitor.enabled (not .enabled) -}}
{{- fail "\n\nSet metrics.enabled=true as well: without it there is nothing that metrics.serviceMonitor could find.\n" -}}
{{- end -}}
{{- if and .enabled (eq (int .port) (int $.Values.app.port)) -}}
{{- fail (printf "\n\nGive metrics.port or app.port another number: both are %d, and the pod has one of each.\n" (int .port)) -}}
{{- end -}}
{{- end -}}
{{- end }}
