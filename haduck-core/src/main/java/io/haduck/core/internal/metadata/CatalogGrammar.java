package io.haduck.core.internal.metadata;

import io.haduck.core.internal.metadata.ObjectClass.Field;
import io.haduck.core.internal.metadata.Shape.ListOf;
import io.haduck.core.internal.metadata.Shape.ObjectOf;
import io.haduck.core.internal.metadata.Shape.PairOf;
import io.haduck.core.internal.metadata.Shape.PointerTo;
import io.haduck.core.internal.metadata.Shape.Simple;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The classes that catalog entries are made of, as DuckDB 1.4, 1.5 and 2.0 write them: all fields
 * of any of the three, since no number ever means two things.
 *
 * <p>Taken from {@code src/include/duckdb/storage/serialization/*.json} of the three, and from the
 * classes there whose implementation is custom; what is new in 2.0.0 from what its library reads. A
 * line is {@code name | fields}, {@code name ? discriminator | fields} or {@code name : base =
 * values | fields}; a field is a number and a shape, with {@code !} where its value is kept. {@code
 * ptr} is a pointer, {@code pair} an object of two. Values of enums are {@code uint}. What a
 * catalog cannot hold is left out, and so unproven.
 */
final class CatalogGrammar {
  private static final String CLASSES =
      """
      AtClause | 1 string; 2 ptr(ParsedExpression)
      BaseReservoirSampling | 100 uint; 101 f64; 102 uint; 103 uint; 104 uint;
          105 list(pair(f64,uint))
      BlockingSample ? 101 | 100 ptr(BaseReservoirSampling); 101 uint; 102 bool
      ReservoirSample : BlockingSample = 1 | 200 uint
      ReservoirSamplePercentage : BlockingSample = 2 | 200 f64; 201 uint
      CaseCheck | 100 ptr(ParsedExpression); 101 ptr(ParsedExpression)
      CatalogEntryInfo | 100 uint; 101 string; 102 string; 103 list(string); 104 string
      ColumnDefinition | 100 string; 101! LogicalType; 102 ptr(ParsedExpression); 103! uint;
          104 uint; 105 value; 106 list(pair(string,string))
      ColumnList | 100! list(ColumnDefinition)
      CommonTableExpressionInfo | 100 list(string); 101 ptr(SelectStatement); 102 uint;
          103 list(ptr(ParsedExpression)); 104 list(ptr(ParsedExpression)); 105 ptr(QueryNode)
      CommonTableExpressionMap | 100 list(pair(string,ptr(CommonTableExpressionInfo)))
      Constraint ? 100 | 100 uint
      CheckConstraint : Constraint = 2 | 200 ptr(ParsedExpression)
      ForeignKeyConstraint : Constraint = 4 | 200 list(string); 201 list(string); 202 uint;
          203 string; 204 string; 205 list(uint); 206 list(uint)
      NotNullConstraint : Constraint = 1 | 200 uint
      UniqueConstraint : Constraint = 3 | 200 bool; 201 uint; 202 list(string)
      CoordinateReferenceSystem | 100 string
      CreateInfo ? 100 | 100! uint; 101 string; 102! string; 103 bool; 104 bool; 105 uint;
          106 string; 107 value; 108 list(pair(string,string)); 109 LogicalDependencyList;
          110 string; 111 QualifiedName
      CreateIndexInfo : CreateInfo = 4 | 200! string; 201! string; 202 uint; 203 uint;
          204 list(ptr(ParsedExpression)); 205 list(LogicalType); 206 list(string);
          207 list(uint); 208 list(pair(string,value)); 209! string
      CreateMacroInfo : CreateInfo = 30,31 | 200 string; 201 ptr(MacroFunction);
          202 list(ptr(MacroFunction))
      CreateSchemaInfo : CreateInfo = 2 |
      CreateSequenceInfo : CreateInfo = 6 | 200 string; 201 uint; 202 int; 203 int; 204 int;
          205 int; 206 bool; 207 ptr(int)
      CreateTableInfo : CreateInfo = 1 | 200! string; 201! ColumnList; 202 list(ptr(Constraint));
          203 ptr(SelectStatement); 204 list(ptr(ParsedExpression));
          205 list(ptr(ParsedExpression)); 206 list(pair(string,ptr(ParsedExpression)))
      CreateTriggerInfo : CreateInfo = 11 | 200 string; 201 ptr(TableRef); 204 uint; 205 uint;
          206 list(string); 207 uint; 208 ptr(QueryNode); 209 string; 210 string
      CreateTypeInfo : CreateInfo = 8 | 200 string; 201 LogicalType
      CreateViewInfo : CreateInfo = 3 | 200 string; 201 list(string); 202 list(LogicalType);
          203 ptr(SelectStatement); 204 list(string); 205 list(value);
          206 list(pair(string,value)); 207 uint
      DependencyDependentFlags | 100 uint
      ExtensionTypeInfo | 100 list(LogicalTypeModifier); 101 list(pair(string,value))
      ExtraTypeInfo ? 100 | 100! uint; 101 string; 102 list(value); 103 ptr(ExtensionTypeInfo)
      AnyTypeInfo : ExtraTypeInfo = 10 | 200 LogicalType; 201 uint
      ArrayTypeInfo : ExtraTypeInfo = 9 | 200! LogicalType; 201 uint
      DecimalTypeInfo : ExtraTypeInfo = 2 | 200! uint; 201 uint
      EnumTypeInfo : ExtraTypeInfo = 6 | 200 uint; 201 list(string)
      GenericTypeInfo : ExtraTypeInfo = 1 |
      GeoTypeInfo : ExtraTypeInfo = 13 | 200 CoordinateReferenceSystem
      IntegerLiteralTypeInfo : ExtraTypeInfo = 11 | 200 value
      LegacyAggregateStateTypeInfo : ExtraTypeInfo = 8 | 200 string; 201 LogicalType;
          202 list(LogicalType)
      ListTypeInfo : ExtraTypeInfo = 4 | 200! LogicalType
      StringTypeInfo : ExtraTypeInfo = 3 | 200 string
      StructTypeInfo : ExtraTypeInfo = 5 | 200! list(pair(string,LogicalType))
      TemplateTypeInfo : ExtraTypeInfo = 12 | 200 string
      UnboundTypeInfo : ExtraTypeInfo = 7 | 200 string; 201 string; 202 string; 203 list(value);
          204 ptr(ParsedExpression)
      FunctionArgument | 100 string; 101 ptr(ParsedExpression)
      Literal | 100 uint; 101 string
      LogicalDependency | 100 CatalogEntryInfo; 101 string; 102 DependencyDependentFlags
      LogicalDependencyList | 100 list(LogicalDependency)
      LogicalType | 100! uint; 101! ptr(ExtraTypeInfo)
      LogicalTypeModifier | 100 value; 101 string
      MacroFunction ? 100 | 100 uint; 101 list(ptr(ParsedExpression));
          102 list(pair(string,ptr(ParsedExpression))); 103 list(LogicalType)
      ScalarMacroFunction : MacroFunction = 2 | 200 ptr(ParsedExpression)
      TableMacroFunction : MacroFunction = 1 | 200 ptr(QueryNode)
      MergeIntoAction | 100 uint; 101 ptr(ParsedExpression); 102 ptr(UpdateSetInfo);
          103 list(string); 104 list(ptr(ParsedExpression)); 105 uint; 106 bool; 107 list(string)
      OnConflictInfo | 100 uint; 101 list(string); 102 ptr(UpdateSetInfo);
          103 ptr(ParsedExpression)
      OrderByNode | 100 uint; 101 uint; 102 ptr(ParsedExpression)
      ParsedExpression ? 100 | 100 uint; 101 uint; 102 string; 103 uint; 104 uint
      BetweenExpression : ParsedExpression = 19 | 200 ptr(ParsedExpression);
          201 ptr(ParsedExpression); 202 ptr(ParsedExpression)
      CaseExpression : ParsedExpression = 2 | 200 list(CaseCheck); 201 ptr(ParsedExpression)
      CastExpression : ParsedExpression = 3 | 200 ptr(ParsedExpression); 201 LogicalType;
          202 bool; 203 ptr(ParsedExpression)
      CollateExpression : ParsedExpression = 16 | 200 ptr(ParsedExpression); 201 string
      ColumnRefExpression : ParsedExpression = 4 | 200 list(string)
      ComparisonExpression : ParsedExpression = 5 | 200 ptr(ParsedExpression);
          201 ptr(ParsedExpression)
      ConjunctionExpression : ParsedExpression = 6 | 200 list(ptr(ParsedExpression))
      ConstantExpression : ParsedExpression = 7 | 200 value; 201 Literal
      DefaultExpression : ParsedExpression = 8 |
      FunctionExpression : ParsedExpression = 9 | 200 string; 201 string;
          202 list(ptr(ParsedExpression)); 203 ptr(ParsedExpression); 204 ptr(ResultModifier);
          205 bool; 206 bool; 207 bool; 208 string; 209 list(FunctionArgument); 210 QualifiedName
      LambdaExpression : ParsedExpression = 17 | 200 ptr(ParsedExpression);
          201 ptr(ParsedExpression); 202 uint
      LambdaRefExpression : ParsedExpression = 20 | 200 uint; 201 string
      OperatorExpression : ParsedExpression = 10 | 200 list(ptr(ParsedExpression))
      ParameterExpression : ParsedExpression = 15 | 200 string
      PositionalReferenceExpression : ParsedExpression = 18 | 200 uint
      StarExpression : ParsedExpression = 11 | 200 string; 201 list(string);
          202 list(pair(string,ptr(ParsedExpression))); 203 bool; 204 ptr(ParsedExpression);
          205 bool; 206 list(QualifiedColumnName); 207 list(pair(QualifiedColumnName,string))
      SubqueryExpression : ParsedExpression = 13 | 200 uint; 201 ptr(SelectStatement);
          202 ptr(ParsedExpression); 203 uint
      TypeExpression : ParsedExpression = 21 | 200 string; 201 string; 202 string;
          203 list(ptr(ParsedExpression)); 204 QualifiedName
      WindowExpression : ParsedExpression = 14 | 200 string; 201 string; 202 string;
          203 list(ptr(ParsedExpression)); 204 list(ptr(ParsedExpression)); 205 list(OrderByNode);
          206 uint; 207 uint; 208 ptr(ParsedExpression); 209 ptr(ParsedExpression);
          210 ptr(ParsedExpression); 211 ptr(ParsedExpression); 212 bool;
          213 ptr(ParsedExpression); 214 uint; 215 bool; 216 list(OrderByNode); 217 bool;
          218 list(FunctionArgument); 219 QualifiedName
      PivotColumn | 100 list(ptr(ParsedExpression)); 101 list(string); 102 list(PivotColumnEntry);
          103 string
      PivotColumnEntry | 100 list(value); 101 ptr(ParsedExpression); 102 string
      QualifiedColumnName | 100 string; 101 string; 102 string; 103 string
      QualifiedName | 100 list(string)
      QueryNode ? 100 | 100 uint; 101 list(ptr(ResultModifier)); 102 CommonTableExpressionMap
      CTENode : QueryNode = 5 | 200 string; 201 ptr(QueryNode); 202 ptr(QueryNode);
          203 list(string); 204 uint
      DeleteQueryNode : QueryNode = 8 | 200 ptr(ParsedExpression); 201 ptr(TableRef);
          202 list(ptr(TableRef)); 203 list(ptr(ParsedExpression))
      InsertQueryNode : QueryNode = 9 | 200 ptr(SelectStatement); 201 list(string); 202 string;
          203 string; 204 string; 205 list(ptr(ParsedExpression)); 206 ptr(OnConflictInfo);
          207 ptr(TableRef); 208 bool; 209 uint; 210 QualifiedName
      MergeQueryNode : QueryNode = 10 | 200 ptr(TableRef); 201 ptr(TableRef);
          202 ptr(ParsedExpression); 203 list(string);
          204 list(pair(uint,list(ptr(MergeIntoAction)))); 205 list(ptr(ParsedExpression))
      RecursiveCTENode : QueryNode = 4 | 200 string; 201 bool; 202 ptr(QueryNode);
          203 ptr(QueryNode); 204 list(string); 205 list(ptr(ParsedExpression))
      SelectNode : QueryNode = 1 | 200 list(ptr(ParsedExpression)); 201 ptr(TableRef);
          202 ptr(ParsedExpression); 203 list(ptr(ParsedExpression)); 204 list(list(uint));
          205 uint; 206 ptr(ParsedExpression); 207 ptr(SampleOptions); 208 ptr(ParsedExpression)
      SetOperationNode : QueryNode = 2 | 200 uint; 201 ptr(QueryNode); 202 ptr(QueryNode);
          203 bool; 204 list(ptr(QueryNode))
      UpdateQueryNode : QueryNode = 7 | 200 ptr(TableRef); 201 ptr(TableRef);
          202 list(ptr(ParsedExpression)); 203 ptr(UpdateSetInfo); 204 bool
      ResultModifier ? 100 | 100 uint
      DistinctModifier : ResultModifier = 3 | 200 list(ptr(ParsedExpression))
      LegacyLimitPercentModifier : ResultModifier = 4 | 200 ptr(ParsedExpression);
          201 ptr(ParsedExpression)
      LimitModifier : ResultModifier = 1 | 200 ptr(ParsedExpression); 201 ptr(ParsedExpression);
          202 uint
      OrderModifier : ResultModifier = 2 | 200 list(OrderByNode)
      SampleOptions | 100 value; 101 bool; 102 uint; 103 int; 104 bool; 105 f64
      SelectStatement | 100 ptr(QueryNode); 101 list(pair(string,uint))
      TableRef ? 100 | 100 uint; 101 string; 102 ptr(SampleOptions); 103 uint; 104 uint
      BaseTableRef : TableRef = 1 | 200 string; 201 string; 202 list(string); 203 string;
          204 ptr(AtClause); 205 QualifiedName
      EmptyTableRef : TableRef = 8 |
      ExpressionListRef : TableRef = 6 | 200 list(string); 201 list(LogicalType);
          202 list(list(ptr(ParsedExpression)))
      JoinRef : TableRef = 3 | 200 ptr(TableRef); 201 ptr(TableRef); 202 ptr(ParsedExpression);
          203 uint; 204 uint; 205 list(string); 206 bool; 207 list(ptr(ParsedExpression));
          208 bool; 209 ptr(ParsedExpression); 210 uint; 211 uint; 212 bool
      PivotRef : TableRef = 9 | 200 ptr(TableRef); 201 list(ptr(ParsedExpression));
          202 list(string); 203 list(PivotColumn); 204 list(string); 205 list(string); 206 bool
      ShowRef : TableRef = 10 | 200 string; 201 ptr(QueryNode); 202 uint; 203 string; 204 string;
          205 QualifiedName
      SubqueryRef : TableRef = 2 | 200 ptr(SelectStatement); 201 list(string)
      TableFunctionRef : TableRef = 5 | 200 ptr(ParsedExpression); 201 list(string); 202 uint
      UpdateSetInfo | 100 ptr(ParsedExpression); 101 list(string); 102 list(ptr(ParsedExpression))
      """;

  private static final Map<String, ObjectClass> BY_NAME = parse(CLASSES);

  private final String text;
  private int at;

  private CatalogGrammar(String text) {
    this.text = text;
  }

  /**
   * The class of this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  static ObjectClass named(String name) {
    ObjectClass found = BY_NAME.get(name);
    if (found == null) {
      throw new IllegalArgumentException("no class " + name);
    }
    return found;
  }

  private static Map<String, ObjectClass> parse(String classes) {
    Map<String, ObjectClass> byName = new HashMap<>();
    Map<String, Map<Long, String>> derived = new HashMap<>();
    for (String line : classes.replaceAll("\\n +", " ").lines().toList()) {
      int bar = line.indexOf('|');
      String[] head = line.substring(0, bar).trim().split(" ", -1);
      String name = head[0];
      int discriminator = head.length == 3 ? Integer.parseInt(head[2]) : -1;
      if (head.length == 5) {
        for (String value : head[4].split(",", -1)) {
          derived.computeIfAbsent(head[2], key -> new HashMap<>()).put(Long.parseLong(value), name);
        }
      }
      Map<Long, String> own = derived.computeIfAbsent(name, key -> new HashMap<>());
      byName.put(name, new ObjectClass(name, fields(line.substring(bar + 1)), discriminator, own));
    }
    return byName;
  }

  private static List<Field> fields(String text) {
    List<Field> fields = new ArrayList<>();
    for (String field : text.split(";", -1)) {
      if (!field.isBlank()) {
        String[] words = field.trim().split(" ", -1);
        boolean kept = words[0].endsWith("!");
        int number = Integer.parseInt(words[0].replace("!", ""));
        fields.add(new Field(number, kept, new CatalogGrammar(words[1]).shape()));
      }
    }
    return fields;
  }

  private Shape shape() {
    String word = word();
    switch (word) {
      case "list" -> {
        Shape element = argument();
        at++;
        return new ListOf(element);
      }
      case "ptr" -> {
        Shape target = argument();
        at++;
        return new PointerTo(target);
      }
      case "pair" -> {
        Shape first = argument();
        Shape second = argument();
        at++;
        return new PairOf(first, second);
      }
      default -> {
        for (Simple simple : Simple.values()) {
          if (simple.word().equals(word)) {
            return simple;
          }
        }
        return new ObjectOf(word);
      }
    }
  }

  /** Passes over the bracket or comma before it. */
  private Shape argument() {
    at++;
    return shape();
  }

  private String word() {
    int from = at;
    while (at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
      at++;
    }
    return text.substring(from, at);
  }
}
