/**
 * How a page of the reference looks. TypeDoc's Markdown theme gives each parameter, type parameter and result a heading
 * of its own; here, the comments say in prose what there is to say, so a declaration is its signature, links to the
 * types in it, and its comment.
 */
import { makeRecursiveVisitor, ReflectionKind } from "typedoc";
import { MarkdownTheme } from "typedoc-plugin-markdown";
import { anchorOf } from "./anchor.js";

const CALLABLE = ReflectionKind.Function | ReflectionKind.Method | ReflectionKind.Constructor;
/** Fences with these marks hold declarations, which `generate.js` formats. */
const TOP = "declaration";
export const MEMBER = "member";

const fenced = (mark, code) => `\`\`\`ts ${mark}\n${code}\n\`\`\``;

/** A symbol of the language in the place of a name. */
const WELL_KNOWN = /\[(asyncIterator|iterator|asyncDispose|dispose|toStringTag)\]/g;

/** What the plugin renders as Markdown, as code. */
const plain = (text) =>
  text
    .replaceAll("*extends*", "extends")
    .replaceAll(/\[([^\]\s]+)\]\([^)\s]*\)/g, "$1")
    .replaceAll("`", "")
    .replaceAll(/\\([^\w\s"'\\])/g, "$1")
    // What the plugin leaves out, and TypeScript needs.
    .replaceAll(/readonly infer (\w+)\[\]/g, "readonly (infer $1)[]")
    .replaceAll(WELL_KNOWN, "[Symbol.$1]");

/** The code of a signature or declaration, without the plugin's fence. */
const bare = (block) => plain(block.replace(/^\n?```ts\n/, "").replace(/\n```$/, ""));

/** The anchor of each declaration of a module, and of their members. GitHub numbers headings that are alike. */
const anchors = new WeakMap();

function number(module, title) {
  const taken = new Map();
  for (const child of declarationsOf(module, title)) {
    for (const reflection of [child, ...membersOf(child)]) {
      const anchor = anchorOf(headingOf(reflection));
      const times = taken.get(anchor) ?? 0;
      taken.set(anchor, times + 1);
      anchors.set(reflection, times === 0 ? anchor : `${anchor}-${times}`);
    }
  }
}

const isType = (child) => child.kindOf(ReflectionKind.Interface | ReflectionKind.TypeAlias);

/** The declarations of a page: first what programs call, then the types. */
function declarationsOf({ children = [] }, title) {
  const rank = (child) => (child.name === title ? 0 : isType(child) ? 2 : 1);
  return children.toSorted((a, b) => rank(a) - rank(b));
}

/** The members that have a heading of their own. */
function membersOf(child) {
  if (child.kindOf(ReflectionKind.Class)) return visible(child);
  if (child.kindOf(ReflectionKind.Interface))
    return visible(child).filter((one) => one.kindOf(CALLABLE));
  return [];
}

const visible = ({ children = [] }) =>
  children
    .toSorted((a, b) => memberRank(a) - memberRank(b))
    .filter(
      ({ flags, name, inheritedFrom }) =>
        !flags.isPrivate && !inheritedFrom && name !== "[toStringTag]",
    );

/** Constructors first, and fields last. */
function memberRank(member) {
  if (member.kindOf(ReflectionKind.Constructor)) return 0;
  return member.kindOf(ReflectionKind.Property) ? 2 : 1;
}

/** A member's heading: `channel.send`, `static Channel.conflated`, `new Channel`. */
function headingOf(reflection) {
  const { parent, name, flags } = reflection;
  if (!parent || parent.kindOf(ReflectionKind.SomeModule | ReflectionKind.Project)) return name;
  if (reflection.kindOf(ReflectionKind.Constructor)) return `new ${parent.name}`;
  const owner = flags.isStatic
    ? `static ${parent.name}`
    : parent.name[0].toLowerCase() + parent.name.slice(1);
  return name.startsWith("[") ? `${owner}${name.replace("[", "[Symbol.")}` : `${owner}.${name}`;
}

function signaturesOf(reflection) {
  const { signatures = [], getSignature, setSignature } = reflection;
  return [...signatures, ...[getSignature, setSignature].filter(Boolean)];
}

/** The comment of a declaration: its own, or that of its first signature which has one. */
function commentOf(reflection) {
  const all = [reflection, ...signaturesOf(reflection)];
  const commented = all.find(({ comment }) => comment?.hasVisibleComponent());
  return (commented ?? reflection.type?.declaration?.signatures?.[0])?.comment;
}

/** The text of a declaration's comment, without links. */
export function summaryOf(reflection) {
  return (commentOf(reflection)?.summary ?? []).map(({ text }) => text).join("");
}

class Page {
  constructor(context, module, about, titleOf) {
    this.titleOf = titleOf;
    this.context = context;
    this.module = module;
    this.about = about;
  }

  render() {
    const { title, specifier } = this.about;
    const children = declarationsOf(this.module, title);
    const names = children.map((child) => `[\`${child.name}\`](${this.urlTo(child)})`);
    const parts = [`# ${title}`, `From \`${specifier}\`: ${names.join(", ")}.`];
    for (const child of children) parts.push(...this.declaration(child));
    return `${parts.filter(Boolean).join("\n\n")}\n`;
  }

  declaration(child) {
    const parts = [`## ${child.name}`];
    if (child.kindOf(ReflectionKind.Class)) {
      parts.push(fenced(TOP, this.head(child)));
      parts.push(this.links(child), this.comment(child));
      for (const member of membersOf(child)) parts.push(...this.member(member));
    } else if (child.kindOf(ReflectionKind.Interface)) {
      parts.push(...this.interface(child));
    } else {
      const code = child.kindOf(CALLABLE)
        ? this.overloads(child)
        : (this.about.sources.get(child.name) ?? this.field(child));
      parts.push(fenced(TOP, code), this.links(child), this.comment(child));
    }
    return parts;
  }

  /** `class Channel<T> extends …`. */
  head(child) {
    const { helpers, partials } = this.context;
    const parameters = child.typeParameters
      ? `<${helpers.getTypeParameters(child.typeParameters)}>`
      : "";
    const list = (word, types) =>
      types?.length ? ` ${word} ${types.map((type) => partials.someType(type)).join(", ")}` : "";
    const kind = child.kindOf(ReflectionKind.Class) ? "class" : "interface";
    const { extendedTypes = [], implementedTypes = [] } = child;
    // What an interface merged into the class extends is listed with what the class extends.
    const merged = kind === "class" && extendedTypes.length > 1;
    const bases = merged
      ? list("implements", extendedTypes)
      : list("extends", extendedTypes) +
        (kind === "class" ? list("implements", implementedTypes) : "");
    return plain(`${kind} ${child.name}${parameters}${bases} {}`);
  }

  /** An interface is shown whole if its members are fields, and member by member if one of them can be called. */
  interface(child) {
    const members = visible(child);
    const calls = (child.signatures ?? []).map((signature) =>
      bare(this.context.partials.signatureTitle(signature)).replace(child.name, ""),
    );
    const head = this.head(child).replace(/ \{\}$/, " {");
    const fields = members.filter((member) => !member.kindOf(CALLABLE));
    const code = [head, ...calls, ...fields.map((member) => this.code(member)), "}"].join("\n");
    const parts = [fenced(TOP, code), this.links(child), this.comment(child)];
    const documented = fields.filter((member) => commentOf(member));
    if (documented.length > 0) {
      parts.push(
        documented.map((member) => `- \`${member.name}\`: ${this.inline(member)}`).join("\n"),
      );
    }
    for (const member of membersOf(child)) parts.push(...this.member(member));
    return parts;
  }

  member(member) {
    return [
      `### ${headingOf(member)}`,
      fenced(MEMBER, this.code(member)),
      this.links(member),
      this.comment(member),
    ];
  }

  code(member) {
    if (member.kindOf(CALLABLE)) return this.overloads(member);
    if (member.kindOf(ReflectionKind.Accessor)) {
      const { getSignature, setSignature } = member;
      const codes = [
        getSignature && this.context.partials.signatureTitle(getSignature, { accessor: "get" }),
        setSignature && this.context.partials.signatureTitle(setSignature, { accessor: "set" }),
      ];
      return codes
        .filter(Boolean)
        .map((code) => bare(code).replace(/^(get|set) static /, "static $1 "))
        .map((code) => (/^(static )?set /.test(code) ? code.replace(/\): void;$/, ");") : code))
        .join("\n");
    }
    return this.field(member);
  }

  /** A variable or a property, without what it is initialised with. */
  field(child) {
    const code = bare(this.context.partials.declarationTitle(child));
    return child.defaultValue ? code.replace(/ = [^=]*;$/, ";") : code;
  }

  overloads(child) {
    return child.signatures
      .map((signature) => bare(this.context.partials.signatureTitle(signature)))
      .map((code) => code.replace(/^(static )?new \w+(<.*?>)?\(/, "constructor("))
      .map((code) => (code.startsWith("constructor(") ? code.replace(/\): [^:]*;$/, ");") : code))
      .join("\n");
  }

  /** The exports that a declaration's types name, each once. */
  links(child) {
    const named = new Map();
    const visitor = makeRecursiveVisitor({
      reference: ({ reflection }) => {
        if (!reflection || reflection.kindOf(ReflectionKind.TypeParameter)) return;
        named.set(reflection.name, reflection);
      },
      // A function or an object in the place of a type.
      reflection: ({ declaration }) =>
        declaration.visit?.(visitor) ?? visitDeclaration(declaration),
    });
    const visitDeclaration = (declaration) => {
      for (const signature of signaturesOf(declaration)) {
        for (const parameter of [
          ...(signature.parameters ?? []),
          ...(signature.typeParameters ?? []),
        ]) {
          parameter.type?.visit(visitor);
        }
        signature.type?.visit(visitor);
      }
      declaration.type?.visit(visitor);
      for (const parameter of declaration.typeParameters ?? []) parameter.type?.visit(visitor);
      for (const field of declaration.children ?? []) visitDeclaration(field);
    };
    if (child.kindOf(ReflectionKind.Class)) {
      for (const type of [...(child.extendedTypes ?? []), ...(child.implementedTypes ?? [])])
        type.visit(visitor);
    } else visitDeclaration(child);
    named.delete(child.name);
    named.delete(child.parent?.name);
    if (named.size === 0) return "";
    const links = [...named.values()].toSorted((a, b) => a.name.localeCompare(b.name));
    return `Types: ${links.map((to) => `[\`${to.name}\`](${this.urlTo(to)})`).join(", ")}`;
  }

  urlTo(reflection) {
    let module = reflection;
    while (!module.kindOf(ReflectionKind.Module)) module = module.parent;
    if (!anchors.has(reflection)) number(module, this.titleOf(module.name));
    const anchor = `#${anchors.get(reflection) ?? anchors.get(reflection.parent)}`;
    if (module === this.module) return anchor;
    return this.context.router.relativeUrl(this.module, module).split("#")[0] + anchor;
  }

  comment(reflection) {
    const comment = commentOf(reflection);
    if (!comment) return "";
    const parameters = (reflection.typeParameters ?? [])
      .filter((parameter) => parameter.comment)
      .map((parameter) => `- \`${parameter.name}\`: ${this.parts(parameter.comment.summary)}`);
    return [this.parts(comment.summary).trim(), parameters.join("\n")].filter(Boolean).join("\n\n");
  }

  inline(reflection) {
    return this.comment(reflection).replaceAll(/\n(?=.)/g, "\n  ");
  }

  parts(parts) {
    return parts
      .map((part) => {
        if (part.kind !== "inline-tag" || typeof part.target !== "object") return part.text;
        return `[\`${part.text}\`](${this.urlTo(part.target)})`;
      })
      .join("");
  }
}

/** Defines the theme for pages of which `describe(name)` gives the title, the specifier, and sources of type aliases. */
export function defineTheme(app, describe) {
  class ReferenceTheme extends MarkdownTheme {
    // The first page is written by generate.js.
    indexTemplate = () => "";
    reflectionTemplate = (page) => {
      if (!page.model.kindOf(ReflectionKind.Module)) return "";
      const about = describe(page.model.name);
      return new Page(
        this.getRenderContext(page),
        page.model,
        about,
        (name) => describe(name).title,
      ).render();
    };
  }
  app.renderer.defineTheme("reference", ReferenceTheme);
}
