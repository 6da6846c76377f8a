// Reads objects as the API server and the Prometheus Operator do: strictly, and by the Operator's own check of rules. Prints what is refused.
package main

import (
	"bytes"
	"fmt"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus-operator/prometheus-operator/pkg/operator"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	refused, objects := 0, 0
	for _, path := range os.Args[1:] {
		text, err := os.ReadFile(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		for number, document := range bytes.Split(text, []byte("\n---\n")) {
			objects++
			for _, fault := range faults(document) {
				refused++
				fmt.Printf("%s, object %d: %v\n", path, number+1, fault)
			}
		}
	}
	fmt.Printf("%d objects\n", objects)
	if refused > 0 || objects == 0 {
		os.Exit(1)
	}
}

func faults(document []byte) []error {
	var kind meta.TypeMeta
	if err := yaml.Unmarshal(document, &kind); err != nil {
		return []error{err}
	}
	one := func(err error) []error {
		if err != nil {
			return []error{err}
		}
		return nil
	}
	switch kind.APIVersion + " " + kind.Kind {
	case "monitoring.coreos.com/v1 PrometheusRule":
		var rule monitoring.PrometheusRule
		if err := yaml.UnmarshalStrict(document, &rule); err != nil {
			return []error{err}
		}
		return operator.ValidateRule(rule.Spec)
	case "v1 Secret":
		return one(yaml.UnmarshalStrict(document, &core.Secret{}))
	case "v1 ConfigMap":
		return one(yaml.UnmarshalStrict(document, &core.ConfigMap{}))
	}
	return []error{fmt.Errorf("nobody knows the kind %q of %q", kind.Kind, kind.APIVersion)}
}
