{{- /* What the schema of the values cannot say; included once, from worker.yaml. */}}
{{- define "pavilion.checks" -}}
{{- $partitions := int (default 16 (index .Values.settings "PAVILION_TOPICS__PARTITIONS")) }}
{{- $scaling := .Values.worker.autoscaling }}
{{- if and $scaling.enabled (gt (int $scaling.maxReplicas) $partitions) }}
{{- fail (printf "worker.autoscaling.maxReplicas: %d workers would share %d partitions (PAVILION_TOPICS__PARTITIONS): at most as many" (int $scaling.maxReplicas) $partitions) }}
{{- end }}
{{- if and (not $scaling.enabled) (gt (int .Values.worker.replicas) $partitions) }}
{{- fail (printf "worker.replicas: %d workers would share %d partitions (PAVILION_TOPICS__PARTITIONS): at most as many" (int .Values.worker.replicas) $partitions) }}
{{- end }}
{{- range $part := list "worker" "gateway" }}
{{- $one := (index $.Values $part).autoscaling }}
{{- if and $one.enabled (gt (int $one.minReplicas) (int $one.maxReplicas)) }}
{{- fail (printf "%s.autoscaling.minReplicas: %d is more than maxReplicas, %d" $part (int $one.minReplicas) (int $one.maxReplicas)) }}
{{- end }}
{{- end }}
{{- if and .Values.ingress.enabled .Values.httpRoute.enabled }}
{{- fail "httpRoute.enabled: there is an Ingress already (ingress.enabled); choose one" }}
{{- end }}
{{- end }}
