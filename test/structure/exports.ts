import ts from 'typescript';
import type { SourceFile } from './source-files.ts';

/** Names that a file declares and exports. */
export function exportedNames({ tree }: SourceFile): readonly string[] {
  return tree.statements.flatMap((statement): readonly string[] => {
    if (ts.isVariableStatement(statement) && isExported(statement)) {
      return statement.declarationList.declarations.map(({ name }) => name.getText());
    }
    const isNamed =
      ts.isFunctionDeclaration(statement) ||
      ts.isClassDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement);
    return isNamed && isExported(statement) && statement.name ? [statement.name.text] : [];
  });
}

function isExported(statement: ts.HasModifiers): boolean {
  return (
    ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true
  );
}
