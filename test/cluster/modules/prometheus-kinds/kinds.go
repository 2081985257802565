// Package kinds pins the version of the Prometheus operator's API types, of which controller-gen makes their definitions.
package kinds

import _ "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
