package tool

import (
	"context"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/skill"
)

// skillsExtension is the extension by which clients find skills (SEP-2640).
const skillsExtension = "io.modelcontextprotocol/skills"

// listSkillsParams are the parameters of skills/list.
type listSkillsParams struct {
	mcp.ParamsBase
	Cursor string `json:"cursor,omitempty"`
}

// listSkillsResult is the result of skills/list. ResultType is required in each
// revision; the SDK sets it only in results of its own.
type listSkillsResult struct {
	mcp.ResultBase
	mcp.Cacheable
	ResultType string        `json:"resultType"`
	Skills     []skill.Skill `json:"skills"`
}

// getSkillParams are the parameters of skills/get.
type getSkillParams struct {
	mcp.ParamsBase
	URI string `json:"uri"`
}

// getSkillResult is the result of skills/get.
type getSkillResult struct {
	mcp.ResultBase
	mcp.Cacheable
	ResultType string       `json:"resultType"`
	Skill      *skill.Skill `json:"skill"`
}

// resultComplete is the type of a result that needs nothing more from the
// client.
const resultComplete = "complete"

// publicly lets everyone keep an answer that is the same for all callers.
func publicly() mcp.Cacheable { return mcp.Cacheable{TTLMs: publicTTL, CacheScope: "public"} }

// addSkills serves the skills: their list, each of them, and their texts as
// resources.
func (c *Catalog) addSkills(s *mcp.Server) error {
	for _, k := range c.skills {
		s.AddResource(&mcp.Resource{
			URI: k.URI, Name: k.Name(), Description: k.Description(), MIMEType: "text/markdown", Size: int64(len(k.Text)),
		}, func(context.Context, *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
			return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: k.URI, MIMEType: "text/markdown", Text: k.Text}}}, nil
		})
	}
	if err := mcp.AddReceivingCustomMethod(s, "skills/list", c.listSkills); err != nil {
		return err
	}
	return mcp.AddReceivingCustomMethod(s, "skills/get", c.getSkill)
}

// listSkills answers skills/list with all skills: there are too few for a
// second page.
func (c *Catalog) listSkills(_ context.Context, _ *mcp.ServerSession, p *listSkillsParams) (*listSkillsResult, error) {
	if p != nil && p.Cursor != "" {
		return nil, protocolFault(library.Errorf(library.Invalid, "the cursor is not one of this list"))
	}
	return &listSkillsResult{Cacheable: publicly(), ResultType: resultComplete, Skills: c.skills}, nil
}

// getSkill answers skills/get.
func (c *Catalog) getSkill(_ context.Context, _ *mcp.ServerSession, p *getSkillParams) (*getSkillResult, error) {
	if p != nil {
		for i := range c.skills {
			if c.skills[i].URI == p.URI {
				return &getSkillResult{Cacheable: publicly(), ResultType: resultComplete, Skill: &c.skills[i]}, nil
			}
		}
	}
	return nil, protocolFault(library.Errorf(library.NotFound, "no such skill").WithHint("skills/list names them"))
}

// isPublic reports whether a resource is the same for all callers.
func isPublic(p *mcp.ReadResourceParams) bool {
	return p != nil && strings.HasPrefix(p.URI, skill.Scheme)
}
