{{/* The gate as a container: among the containers, or an init container that stays. */}}
{{- define "sidegate.container" -}}
name: sidegate
image: {{ include "sidegate.image" . }}
imagePullPolicy: {{ .Values.gate.image.pullPolicy }}
{{- if .Values.gate.nativeSidecar }}
restartPolicy: Always
{{- end }}
ports:
  - name: gate
    containerPort: 4180
    protocol: TCP
  {{- if .Values.metrics.enabled }}
  - name: metrics
    containerPort: {{ .Values.metrics.port }}
    protocol: TCP
  {{- end }}
envFrom:
  - configMapRef:
      name: {{ include "sidegate.name" . }}
  {{- range .Values.existingConfigMaps }}
  - configMapRef:
      name: {{ . }}
  {{- end }}
env:
  - name: OAUTH2_PROXY_HTTP_ADDRESS
    value: 0.0.0.0:4180
  {{- if .Values.metrics.enabled }}
  - name: OAUTH2_PROXY_METRICS_ADDRESS
    value: 0.0.0.0:{{ .Values.metrics.port }}
  {{- end }}
  - name: OAUTH2_PROXY_UPSTREAMS
    value: http://127.0.0.1:{{ .Values.app.port }}
  - name: OAUTH2_PROXY_REDIRECT_URL
    value: https://{{ .Values.host }}/oauth2/callback
  - name: OAUTH2_PROXY_CLIENT_SECRET_FILE
    value: /etc/sidegate/secrets/client-secret
  - name: OAUTH2_PROXY_COOKIE_SECRET_FILE
    value: /etc/sidegate/secrets/cookie-secret
  - name: CONTAINER_NAME
    value: sidegate
  - name: POD_NAME
    valueFrom:
      fieldRef:
        fieldPath: metadata.name
  - name: POD_NAMESPACE
    valueFrom:
      fieldRef:
        fieldPath: metadata.namespace
  {{- with .Values.gate.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
startupProbe:
  httpGet:
    path: /ping
    port: gate
  periodSeconds: 1
  failureThreshold: 30
livenessProbe:
  httpGet:
    path: /ping
    port: gate
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 3
readinessProbe:
  httpGet:
    path: /ready
    port: gate
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
{{- if not .Values.gate.nativeSidecar }}
# A native sidecar needs no pause of its own: it ends when the app has ended.
lifecycle:
  preStop:
    sleep:
      seconds: 5
{{- end }}
resources:
  {{- toYaml .Values.gate.resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop:
      - ALL
volumeMounts:
  - name: sidegate-secrets
    mountPath: /etc/sidegate/secrets
    readOnly: true
{{- end }}
