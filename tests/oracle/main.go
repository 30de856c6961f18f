// Command oracle prints what aws-iam-authenticator reads from aws-auth data.
//
// Input: a JSON array of ConfigMap `data` objects on stdin. Output: a JSON array in the same order. It calls the
// authenticator's own ParseMap and repeats the last step of its saveMap (maps by key, the last entry wins), which is
// not exported.
package main

import (
	"encoding/json"
	"io"
	"log"
	"os"
	"strings"

	"github.com/sirupsen/logrus"
	"sigs.k8s.io/aws-iam-authenticator/pkg/mapper/configmap"
)

type mapping struct {
	Username string   `json:"username"`
	Groups   []string `json:"groups"`
}

type answer struct {
	Roles    map[string]mapping `json:"roles"`
	Users    map[string]mapping `json:"users"`
	Accounts []string           `json:"accounts"`
	Error    string             `json:"error"`
}

// keyed is implemented by the mappings of newer releases; v0.6 keys by the lower-cased ARN.
type keyed interface{ Key() string }

func keyOf(mapping any, arn string) string {
	if k, ok := mapping.(keyed); ok {
		return k.Key()
	}
	return strings.ToLower(arn)
}

func groupsOf(groups []string) []string {
	if groups == nil {
		return []string{}
	}
	return groups
}

func read(data map[string]string) answer {
	users, roles, accounts, err := configmap.ParseMap(data)
	result := answer{Roles: map[string]mapping{}, Users: map[string]mapping{}, Accounts: accounts}
	if err != nil {
		result.Error = err.Error()
	}
	for _, r := range roles {
		result.Roles[keyOf(&r, r.RoleARN)] = mapping{r.Username, groupsOf(r.Groups)}
	}
	for _, u := range users {
		result.Users[keyOf(&u, u.UserARN)] = mapping{u.Username, groupsOf(u.Groups)}
	}
	if result.Accounts == nil {
		result.Accounts = []string{}
	}
	return result
}

func main() {
	logrus.SetOutput(io.Discard)
	var batch []map[string]string
	if err := json.NewDecoder(os.Stdin).Decode(&batch); err != nil {
		log.Fatal(err)
	}
	answers := make([]answer, len(batch))
	for i, data := range batch {
		answers[i] = read(data)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatal(err)
	}
}
